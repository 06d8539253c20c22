// expect: handle_event must return void
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>

struct handler {
  void handle_frame(wsx::text) {}
  void handle_event(const wsx::event::connected&) {}
  asio::awaitable<void> handle_event(const wsx::event::terminated&) { co_return; }
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
}
