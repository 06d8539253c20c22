// The client's side of a conformance suite whose server plays the cases, as that of the Autobahn
// test suite does: asks how many cases there are, echoes in each, and has the report written. See
// docs/conformance.md.
//
//     autobahn_agent ws://HOST:PORT [AGENT] [--deflate] [--cases FIRST-LAST]

#include <wsx/wsx.hpp>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <limits>
#include <string>

namespace {

struct settings {
  std::string url;
  std::string agent = "wsx";
  int first = 1;
  int last = std::numeric_limits<int>::max();
  wsx::options options{};
};

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

asio::awaitable<void> run(settings s) {
  const std::string count = s.url + "/getCaseCount";
  const wsx::options plain;
  const auto counted = co_await talk<keep_last>(count, plain);
  s.last = std::min(s.last, std::stoi(counted.text));
  for (int number = s.first; number <= s.last; ++number) {
    fmt::print("case {} of {}\n", number, s.last);
    const auto one = fmt::format("{}/runCase?case={}&agent={}", s.url, number, s.agent);
    co_await talk<echo>(one, s.options);
  }
  const std::string report = s.url + "/updateReports?agent=" + s.agent;
  co_await talk<echo>(report, plain);
}

}  // namespace

int main(int count, char** arguments) {
  settings s;
  bool deflate = false;
  std::string cases;
  CLI::App app("Runs the cases of a WebSocket conformance server");
  app.add_option("url", s.url, "The server: ws://HOST:PORT")->required();
  app.add_option("agent", s.agent, "The name in its report")->capture_default_str();
  app.add_flag("--deflate", deflate, "Offer compression");
  app.add_option("--cases", cases, "FIRST-LAST");
  CLI11_PARSE(app, count, arguments);
  if (deflate) s.options.deflate = wsx::deflate_options{};
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
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
  }
  return 1;
}
