// The code of the documents and headers about events, traces and metrics; scripts/check-docs
// compares it.
#include <wsx/wsx.hpp>

#include <asio/io_context.hpp>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

namespace {

struct feed {
  std::uint64_t refused = 0;

  void log(const std::string& line) { std::clog << line << '\n'; }

  void handle_frame(wsx::text) {}
  // [wsx/event.hpp]
  void handle_event(const wsx::event::connected& e) { log(e.connection.peer_endpoint); }
  void handle_event(const wsx::event::queue_full& e) { refused += e.count; }
  // [wsx/event.hpp]
};

void trace(wsx::client<feed>& client) {
  // [wsx/traceable.hpp]
  client.trace([](std::string_view line) { std::clog << line << '\n'; });
  client.untrace();
  // [wsx/traceable.hpp]
}

void trace_payloads(wsx::client<feed>& client) {
  // [trace]
  wsx::trace_options how;
  how.payloads = true;  // escaped, at most 80 characters
  client.trace([](std::string_view line) { std::clog << line << '\n'; }, how);

  client.keep_trace(100);
  for (const auto& line : client.kept_trace()) std::clog << line << '\n';

  client.collect_statistics();
  if (const auto s = client.statistics()) std::clog << s->messages_received << " messages\n";
  // [trace]
}

void meter(asio::io_context& io) {
  // [wsx/metered.hpp]
  wsx::client<wsx::metered<feed>> client(io);
  const std::shared_ptr<const wsx::metrics> counts = client.handler().metrics();
  // From any thread, whenever it is asked for:
  std::cout << wsx::to_prometheus(*counts, {{"venue", "kraken"}});
  // [wsx/metered.hpp]
}

// clang-format off
// [wsx/logged.hpp]
struct to_clog {
  void operator()(std::string_view line) const { std::clog << line << '\n'; }
};
using logged_feed = wsx::logged<feed, to_clog>;
// [wsx/logged.hpp]
// clang-format on

void compose(asio::io_context& io) {
  // [compose]
  wsx::client<wsx::metered<wsx::logged<feed, to_clog>>> client(io);
  // [compose]
}

}  // namespace

// What is only compiled.
void use_telemetry(asio::io_context& io) {
  wsx::client<feed> client(io);
  trace(client);
  trace_payloads(client);
  meter(io);
  compose(io);
  static_cast<void>(sizeof(logged_feed));
}
