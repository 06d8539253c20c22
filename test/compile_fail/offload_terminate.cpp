// expect: terminate must take const wsx::close_reason&
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text) {}
  void terminate(int) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<wsx::offloaded<handler>> client{executor};
}
