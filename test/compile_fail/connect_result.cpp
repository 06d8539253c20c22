// expect: handle_connect must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  int handle_connect(const wsx::connection_info&) { return 1; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
