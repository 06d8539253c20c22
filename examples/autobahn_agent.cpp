// The client's side of a conformance suite whose server plays the cases, as that of the Autobahn
// test suite does: asks how many cases there are, echoes in each, and has the report written. Exits
// with 0 when it came to the end, however the cases went: that the report says. See
// docs/conformance.md.
//
//     autobahn_agent ws[s]://HOST:PORT [AGENT] [--deflate] [--cases FIRST-LAST] [--ca FILE]

#include <wsx/wsx.hpp>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace {

struct settings {
  std::string url;
  std::string agent = "wsx";
  int first = 1;
  int last = std::numeric_limits<int>::max();
  bool deflate = false;
  std::string ca_file{};
};

wsx::options options_for(const settings& s) {
  wsx::options options;
  options.tls.ca_file = s.ca_file;
  return options;
}

struct echo {
  wsx::action handle_frame(wsx::text message) { return wsx::reply(message); }
  wsx::action handle_frame(wsx::binary message) { return wsx::reply(message); }
};

struct keep_last {
  std::string text{};
  void handle_frame(wsx::text message) { text = message.payload; }
};

// Connects, and lets the handler answer until the server is through. How that ends is for the suite
// to judge: many a case ends in an error.
template <class Handler>
asio::awaitable<Handler> talk(std::string url, wsx::options options) {
  const auto executor = co_await asio::this_coro::executor;
  wsx::client<Handler> client(executor, {}, std::move(options));
  co_await client.connect(url);
  try {
    co_await client.join();
  } catch (const wsx::system_error&) {}
  co_return client.handler();
}

asio::awaitable<int> count_cases(const settings& s) {
  const std::string url = s.url + "/getCaseCount";
  const auto counted = co_await talk<keep_last>(url, options_for(s));
  const std::string_view text = counted.text;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0)
    throw std::runtime_error("the server does not say how many cases it has");
  co_return count;
}

// Whether the server was there, but would not open the connection.
bool is_refusal(std::error_code error) {
  return error == wsx::condition::handshake_failed || error == wsx::errc::connection_dropped ||
         error == std::errc::connection_reset || error == std::errc::broken_pipe;
}

// A case that the server does not begin is over. The suite may still have others.
asio::awaitable<void> play(const settings& s, int number) {
  const auto url = fmt::format("{}/runCase?case={}&agent={}", s.url, number, s.agent);
  auto options = options_for(s);
  if (s.deflate) options.deflate = wsx::deflate_options{};
  try {
    co_await talk<echo>(url, options);
  } catch (const wsx::system_error& e) {
    if (!is_refusal(e.code())) throw;
    fmt::print("case {} was refused: {} (HTTP status {})\n", number, e.code().message(),
               e.diagnostics().http_status);
  }
}

// The suite does nothing else while it writes the report, which can take minutes: whether it does
// so before or after the handshake, pings are not answered.
asio::awaitable<void> write_report(const settings& s) {
  const std::string url = s.url + "/updateReports?agent=" + s.agent;
  auto patient = options_for(s);
  patient.handshake_timeout = std::chrono::hours(1);
  patient.ping_interval = std::chrono::milliseconds(0);
  co_await talk<echo>(url, patient);
}

asio::awaitable<void> run(settings s) {
  const int count = co_await count_cases(s);
  s.last = std::min(s.last, count);
  for (int number = s.first; number <= s.last; ++number) {
    fmt::print("case {} of {}\n", number, s.last);
    co_await play(s, number);
  }
  co_await write_report(s);
}

}  // namespace

int main(int count, char** arguments) {
  settings s;
  std::string cases;
  CLI::App app("Runs the cases of a WebSocket conformance server");
  app.add_option("url", s.url, "The server: ws://HOST:PORT, or wss")->required();
  app.add_option("agent", s.agent, "The name in its report")->capture_default_str();
  app.add_flag("--deflate", s.deflate, "Offer compression");
  app.add_option("--cases", cases, "FIRST-LAST");
  app.add_option("--ca", s.ca_file, "Whom to trust with wss: certificates in PEM");
  CLI11_PARSE(app, count, arguments);
  if (!cases.empty() && std::sscanf(cases.c_str(), "%d-%d", &s.first, &s.last) != 2) {
    fmt::print(stderr, "--cases: not FIRST-LAST: {}\n", cases);
    return 2;
  }
  asio::io_context io;
  std::exception_ptr failed;
  asio::co_spawn(io, run(s), [&failed](std::exception_ptr what) { failed = what; });
  io.run();
  if (!failed) return 0;
  try {
    std::rethrow_exception(failed);
  } catch (const wsx::system_error& e) {
    const std::string& detail = e.diagnostics().detail;
    fmt::print(stderr, "{}: {}{}{}\n", s.url, detail, detail.empty() ? "" : ": ",
               e.code().message());
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}: {}\n", s.url, e.what());
  }
  return 1;
}
