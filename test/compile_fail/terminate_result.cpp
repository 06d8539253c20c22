// expect: terminate must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  wsx::action terminate(const wsx::close_reason&) { return wsx::ok(); }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
