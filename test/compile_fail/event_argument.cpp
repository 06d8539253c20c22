// expect: handle_event must take one of the events of namespace wsx::event, and nothing else
#include <wsx/wsx.hpp>

struct handler {
  void handle_frame(wsx::text) {}
  void handle_event(const wsx::connection_info&) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
