// expect: handle_ping must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  bool handle_ping(wsx::ping) { return true; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
