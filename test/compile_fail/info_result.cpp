// expect: handle_info must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  int handle_info(int) { return 1; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
  client.post(42);
}
