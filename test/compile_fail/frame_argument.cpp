// expect: handle_frame must take
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(int) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
