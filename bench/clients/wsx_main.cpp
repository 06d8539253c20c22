#include "plan.hpp"
#include "program.hpp"
#include "wsx_client.hpp"

#include <wsx/version.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>
#include <string>

// bench_wsx: wsx, used as an application would.

int main(int argc, char** argv) {
  using namespace bench;
  const std::map<std::string, scenario> ways{
      {"try_send", wsx_try_send}, {"send", wsx_send}, {"thread", wsx_send_from_thread}};
  CLI::App app("wsx in the benchmark's scenarios.");
  plan p;
  std::string way = "try_send";
  add_plan_options(app, p);
  app.add_option("--send-by", way, "How to send: try_send, send, or thread (try_send from another)")
      ->check(CLI::IsMember(&ways));
  app.add_flag("--each-alone", p.each_alone,
               "Compress each message by itself, with memory level 4: as websocketpp does");
  app.add_option_function<unsigned>(
      "--max-turn", [&p](unsigned us) { p.max_turn = std::chrono::microseconds(us); },
      "options::max_turn, in microseconds");
  CLI11_PARSE(app, argc, argv);

  using v = wsx::version;
  return run(p,
             {{"receive", wsx_receive},
              {"receive_text", wsx_receive},
              {"receive_mixed", wsx_receive},
              {"send", ways.at(way)},
              {"echo", wsx_echo},
              {"lateness", wsx_lateness},
              {"idle", wsx_idle},
              {"connect", wsx_connect}},
             fmt::format("wsx {}.{}.{}", v::major, v::minor, v::patch));
}
