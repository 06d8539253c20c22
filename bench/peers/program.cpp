#include "program.hpp"

#include "../common/open_files.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <set>

namespace bench {

plan parse(int argc, char** argv) {
  static const std::set<std::string> known{"receive", "receive_text", "receive_mixed", "send",
                                           "echo",    "idle",         "connect",       "lateness"};
  plan p;
  CLI::App app("A client of bench_server; prints its result as one line of JSON.");
  add_plan_options(app, p);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (known.count(p.scenario) == 0) unsupported("no scenario " + p.scenario);
  allow_many_open_files();
  return p;
}

void unsupported(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::_Exit(3);
}

void finish(const figures& f, const std::string& version) {
  fmt::print("{}\n", to_json(f, version));
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace bench
