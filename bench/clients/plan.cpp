#include "plan.hpp"

#include "../common/payload.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace bench {

void add_plan_options(CLI::App& app, plan& p) {
  // Shorter than the time after which a client sends its first ping.
  const auto time = CLI::Range(0.0, 15.0);
  app.add_option("--scenario", p.scenario, "What to do")->required();
  app.add_option("--port", p.port, "The server's port at 127.0.0.1")->required();
  app.add_option("--tls", p.ca_file, "Speak TLS; trust this CA certificate (PEM)");
  app.add_flag("--deflate", p.deflate, "Offer compression");
  app.add_option("--size", p.size, "Payload bytes of a message")->check(CLI::PositiveNumber);
  app.add_option_function<double>(
         "--warm-up", [&p](double s) { p.warm_up = seconds(s); }, "Seconds before what counts")
      ->check(time);
  app.add_option_function<double>(
         "--seconds", [&p](double s) { p.window = seconds(s); }, "Seconds that count")
      ->check(time);
  app.add_option("--in-flight", p.in_flight, "Messages or handshakes under way at once")
      ->check(CLI::PositiveNumber);
  app.add_option("--connections", p.connections, "Connections, at once or in all")
      ->check(CLI::PositiveNumber);
  app.add_option_function<unsigned>(
      "--work", [&p](unsigned us) { p.work = std::chrono::microseconds(us); },
      "Microseconds that a callback takes");
}

std::string path_of(const plan& p) {
  if (p.scenario == "receive" || p.scenario == "lateness")
    return fmt::format("/blast/binary/{}", p.size);
  if (p.scenario == "receive_text") return fmt::format("/blast/text/{}", p.size);
  if (p.scenario == "receive_mixed") return fmt::format("/blast/mixed/{}", p.size);
  if (p.scenario == "echo") return fmt::format("/echo/{}", p.size);
  if (p.scenario == "send") return "/sink";
  return "/idle";
}

std::vector<std::string> payloads_of(const plan& p) {
  constexpr std::size_t in_all = 4 * 1024 * 1024;
  if (!p.deflate) return {ascii_payload(p.size)};
  return feed_payloads(p.size, std::clamp<std::size_t>(in_all / p.size, 4, 256));
}

}  // namespace bench
