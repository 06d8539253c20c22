// expect: a handler needs a handle_frame or a handle_fragment
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_pong(wsx::pong) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
