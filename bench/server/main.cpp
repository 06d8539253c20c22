#include "../common/open_files.hpp"
#include "end.hpp"
#include "listener.hpp"
#include "reactor.hpp"
#include "tls_stream.hpp"

#include <wsx/testing/certificates.hpp>
#include <wsx/testing/temp_dir.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <sched.h>
#include <utility>

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
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the client has closed
  const auto ca = wsx::testing::make_ca("wsx benchmark CA");
  const wsx::testing::temp_dir directory;
  const auto ca_file = directory.write("ca.pem", ca.certificate_pem);
  const auto context = bench::make_server_context(wsx::testing::make_server_certificate(ca));
  const auto make_tls_stream = [&context](bench::descriptor socket) {
    return bench::make_tls_stream(*context, std::move(socket));
  };

  bench::reactor events;
  bench::stop_at_end(events);
  const auto plain_port = bench::listen(events, bench::make_plain_stream);
  const auto tls_port = bench::listen(events, make_tls_stream);
  fmt::print(R"({{"plain_port": {}, "tls_port": {}, "ca": "{}"}})", plain_port, tls_port,
             ca_file.string());
  fmt::print("\n");
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
