// expect: init must take
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  void init(int) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
