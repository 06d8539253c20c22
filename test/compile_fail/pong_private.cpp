// expect: handle_pong must take wsx::pong (and may take a wsx::session& after it), and must be
// public
#include <wsx/wsx.hpp>

class handler {
 public:
  void handle_frame(wsx::text) {}

 private:
  void handle_pong(wsx::pong) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
