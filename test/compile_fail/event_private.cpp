// expect: handle_event must take one of the events of namespace wsx::event, and nothing else
#include <wsx/wsx.hpp>

class handler {
 public:
  void handle_frame(wsx::text) {}

 private:
  void handle_event(const wsx::event::connected&) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
