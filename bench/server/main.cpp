#include "../common/open_files.hpp"
#include "end.hpp"
#include "listener.hpp"
#include "reactor.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <sched.h>
#include <system_error>

// The server of the benchmarks: see `connection` for what it does. It is to cost as little as
// possible: one thread, few system calls, frames that are made beforehand.

namespace {

void stay_on_core(unsigned core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  bench::checked(sched_setaffinity(0, sizeof(cores), &cores), "sched_setaffinity");
}

void serve() {
  bench::allow_many_open_files();
  bench::reactor events;
  bench::stop_at_end(events);
  const auto plain_port = bench::listen(events, bench::make_plain_stream);
  fmt::print("{{\"plain_port\": {}}}\n", plain_port);
  std::fflush(stdout);
  events.run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Serves benchmarks; prints its ports as JSON. Ends with SIGTERM or its input.");
  std::optional<unsigned> core;
  app.add_option("--core", core, "Processor core to stay on");
  CLI11_PARSE(app, argc, argv);
  try {
    if (core) stay_on_core(*core);
    serve();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_server: {}\n", error.what());
    return 1;
  }
}
