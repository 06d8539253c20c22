// expect: handle_frame must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  int handle_frame(wsx::text) { return 1; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
