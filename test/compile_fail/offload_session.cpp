// expect: the handle_frame of an offloaded handler must take wsx::text, wsx::binary or wsx::message
// (and may take a wsx::worker_session& after it, but no wsx::session&), and must be public
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text, wsx::session&) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<wsx::offloaded<handler>> client{executor};
}
