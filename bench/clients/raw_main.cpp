#include "plan.hpp"
#include "program.hpp"
#include "raw_scenarios.hpp"

#include <CLI/CLI.hpp>
#include <asio/version.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <cstdio>

// bench_raw: what sockets alone come to.

int main(int argc, char** argv) {
  using namespace bench;
  CLI::App app("The benchmark's yardstick: sockets, without any WebSocket.");
  plan p;
  add_plan_options(app, p);
  CLI11_PARSE(app, argc, argv);

  if (p.deflate) {
    fmt::print(stderr, "sockets compress nothing\n");
    return 3;
  }
  const auto receive = p.tls() ? raw::tls::receive : raw::plain::receive;
  const auto version =
      fmt::format("Asio {}.{}.{}, OpenSSL {}", ASIO_VERSION / 100000, ASIO_VERSION / 100 % 1000,
                  ASIO_VERSION % 100, OpenSSL_version(OPENSSL_VERSION_STRING));
  return run(p,
             {{"receive", receive},
              {"receive_text", receive},
              {"receive_mixed", receive},
              {"send", p.tls() ? raw::tls::send : raw::plain::send},
              {"echo", p.tls() ? raw::tls::echo : raw::plain::echo},
              {"lateness", raw::lateness},
              {"idle", raw::idle},
              {"connect", raw::connect}},
             version);
}
