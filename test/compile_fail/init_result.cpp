// expect: init must return
#include <wsx/wsx.hpp>

#include <string>

struct handler {
  void handle_frame(wsx::text) {}
  bool init(const wsx::connection_info&) { return true; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
