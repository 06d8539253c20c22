#include "program.hpp"

#include "../common/open_files.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>

namespace bench {

int run(const plan& p, const std::map<std::string, scenario>& scenarios,
        const std::string& version) try {
  const auto found = scenarios.find(p.scenario);
  if (found == scenarios.end()) throw unsupported(fmt::format("no scenario {}", p.scenario));
  allow_many_open_files();
  std::signal(SIGPIPE, SIG_IGN);
  fmt::print("{}\n", to_json(found->second(p), version));
  return 0;
} catch (const unsupported& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 3;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}

}  // namespace bench
