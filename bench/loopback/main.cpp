#include "report.hpp"
#include "scenario.hpp"
#include "server.hpp"
#include "thread.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
#include <thread>
#include <vector>

// Messages over the loopback interface: wsx against Asio alone, in turn.

namespace {

struct settings {
  std::size_t rounds = 5;
  double seconds = 0.5;
  double warm_up = 0.1;
  std::vector<std::size_t> sizes{16, 125, 1024, 16 * 1024, 1024 * 1024};
  std::vector<std::string> scenarios{"receive", "send", "echo"};
  std::string json;
};

void add_options(CLI::App& app, settings& s) {
  app.add_option("--rounds", s.rounds, "Rounds; the medians count")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  // Shorter than the time after which a client sends its first ping.
  app.add_option("--seconds", s.seconds, "Length of each measurement")
      ->check(CLI::Range(0.01, 10.0))
      ->capture_default_str();
  app.add_option("--warm-up", s.warm_up, "Seconds before each measurement")
      ->check(CLI::Range(0.0, 5.0))
      ->capture_default_str();
  app.add_option("--sizes", s.sizes, "Payload bytes of a message")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--scenarios", s.scenarios, "What to measure")
      ->delimiter(',')
      ->check(CLI::IsMember({"receive", "send", "echo"}))
      ->capture_default_str();
  app.add_option("--json", s.json, "File for the results as JSON");
}

void run(const settings& s) {
  bench::server server(1);
  if (std::thread::hardware_concurrency() < 2 || !bench::pin_this_thread(0))
    fmt::print("Client and server have no core of their own: expect noise.\n\n");

  std::vector<bench::result> all;
  for (const bench::scenario& scenario : bench::scenarios()) {
    if (std::ranges::find(s.scenarios, scenario.name) == s.scenarios.end()) continue;
    for (const std::size_t size : s.sizes) {
      const bench::plan plan{.port = server.port(),
                             .size = size,
                             .warm_up = std::chrono::duration<double>(s.warm_up),
                             .window = std::chrono::duration<double>(s.seconds)};
      const auto results = bench::run(scenario, plan, s.rounds);
      bench::print(results);
      all.insert(all.end(), results.begin(), results.end());
    }
  }
  if (!s.json.empty()) bench::write_json(s.json, all);
}

}  // namespace

int main(int argc, char** argv) {
  settings chosen;
  CLI::App app("Messages over the loopback interface: wsx against Asio alone, in turn.");
  add_options(app, chosen);
  CLI11_PARSE(app, argc, argv);
  try {
    run(chosen);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
