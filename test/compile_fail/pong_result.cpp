// expect: handle_pong must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_pong(wsx::pong) { return wsx::stop(); }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
