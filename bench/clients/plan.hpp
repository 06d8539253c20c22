#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace bench {

using seconds = std::chrono::duration<double>;

/// What a client is to do: its command line, which is the same for all.
struct plan {
  std::string scenario;
  std::uint16_t port = 0;
  std::string ca_file;  ///< trusted for TLS; empty: no TLS
  bool deflate = false;
  bool each_alone = false;  ///< messages compressed refer to none before them; wsx only
  std::size_t size = 125;   ///< payload bytes of a message
  seconds warm_up{0.1};
  seconds window{0.5};
  std::size_t in_flight = 1;
  std::size_t connections = 1;
  std::chrono::microseconds work{0};                    ///< that a callback takes
  std::optional<std::chrono::microseconds> max_turn{};  ///< `options::max_turn`; wsx only

  bool tls() const noexcept { return !ca_file.empty(); }
};

void add_plan_options(CLI::App& app, plan& p);

/// The path at the server that a scenario of messages is about.
std::string path_of(const plan& p);

/// What is sent, in turn: one message, or messages that are worth compressing.
std::vector<std::string> payloads_of(const plan& p);

}  // namespace bench
