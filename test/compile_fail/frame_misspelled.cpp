// expect: a handler needs a handle_frame or a handle_fragment that is public. The callbacks are
// init, handle_connect, handle_frame, handle_fragment, handle_ping, handle_pong, handle_cast,
// handle_info, handle_disconnect and terminate
#include <wsx/wsx.hpp>

struct handler {
  void on_message(wsx::text) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
