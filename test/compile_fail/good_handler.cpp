// Every callback in a form that wsx takes: what must compile, so that the others fail for a reason.
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>

#include <string>

struct message {};

struct handler {
  void init(const wsx::connection_info&) {}
  wsx::action handle_connect(const wsx::connection_info&, wsx::session&) { return wsx::ok(); }
  wsx::action handle_frame(wsx::text) { return wsx::close(); }
  asio::awaitable<void> handle_frame(wsx::binary) { co_return; }
  asio::awaitable<wsx::action> handle_ping(const wsx::ping&) { co_return wsx::ok(); }
  void handle_pong(wsx::pong) {}
  void handle_cast(message) {}
  void handle_info(message) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::stop(); }
  void terminate(const wsx::close_reason&, wsx::session&) {}
  std::string format_status() const { return {}; }
  void handle_event(const wsx::event::connected&) noexcept {}
  void handle_event(wsx::event::frame_sent) const {}
};

// Takes every event.
struct observer {
  void handle_frame(wsx::text) {}
  template <class Event>
  void handle_event(const Event&) {}
};

struct messages {
  wsx::action handle_frame(const wsx::message& m, wsx::session&) const { return wsx::reply(m); }
};

// To be instantiated for text and binary, which have a payload, and for nothing else.
struct deduced {
  auto handle_frame(auto frame) { static_cast<void>(frame.payload); }
};

struct movers {
  void handle_frame(wsx::text&&) {}
  void handle_frame(wsx::binary&&, wsx::session&) {}
  void handle_ping(wsx::ping&&) {}
  void handle_pong(wsx::pong&&) {}
};

struct pieces {
  void handle_fragment(const wsx::fragment&) {}
};

void use(asio::any_io_executor executor) {
  wsx::client<handler> client{executor};
  client.cast(message{});
  client.post(message{});
  client.post(42);
  wsx::client<pieces> other{executor};
  wsx::client<messages> third{executor};
  wsx::client<movers> fifth{executor};
  wsx::client<deduced> fourth{executor};
  wsx::client<observer> sixth{executor};
}
