// expect: handle_frame must take wsx::text, wsx::binary or wsx::message (and may take a
// wsx::session& after it), and must be public
#include <wsx/wsx.hpp>

class handler {
  void handle_frame(wsx::text) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
