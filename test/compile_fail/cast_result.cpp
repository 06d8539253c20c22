// expect: handle_cast must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  int handle_cast(int) { return 1; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
  client.cast(42);
}
