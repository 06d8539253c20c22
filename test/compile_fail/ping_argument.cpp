// expect: handle_ping must take
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  void handle_ping(std::string) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
