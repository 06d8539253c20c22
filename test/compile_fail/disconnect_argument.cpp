// expect: handle_disconnect must take
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::close_reason&) { return wsx::stop(); }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
