#pragma once

#include <wsx/testing/memory_transport.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

namespace wsx::testing {

// A failure planned for a position in one direction.
struct planned_failure {
  std::size_t position = memory_peer::unlimited;
  std::error_code error{};
};

// Returns how much may be transferred before `failure`, after `done` bytes.
inline std::size_t before(const planned_failure& failure, std::size_t done) noexcept {
  return failure.position > done ? failure.position - done : 0;
}

// State that both ends share. Members of this and of the client's end are used under the mutex.
struct memory_connection {
  // The state of an attempt to connect.
  enum class stage { waiting, accepted, refused };

  mutable std::mutex mutex;
  stage at = stage::waiting;
  std::error_code refusal{};
  std::string name;
  memory_endpoint* client = nullptr;  // null: closed
  bool shut_down = false;

  std::string inbound;  // to the client, which has read the first `inbound_taken` bytes
  std::size_t inbound_taken = 0;
  std::size_t bytes_read = 0;
  std::size_t read_limit = memory_peer::unlimited;
  planned_failure read_failure{};

  std::string outbound;  // from the client, not taken yet
  std::size_t bytes_written = 0;
  std::size_t write_limit = memory_peer::unlimited;
  std::size_t write_allowance = memory_peer::unlimited;
  planned_failure write_failure{};

  std::size_t readable() const noexcept {
    return std::min(inbound.size() - inbound_taken, before(read_failure, bytes_read));
  }
  std::size_t writable() const noexcept {
    return std::min(write_allowance, before(write_failure, bytes_written));
  }
  bool read_fails() const noexcept { return before(read_failure, bytes_read) == 0; }
  bool write_fails() const noexcept {
    return shut_down || before(write_failure, bytes_written) == 0;
  }

  bool ready(io_direction direction) const noexcept {
    if (client == nullptr) return true;
    return direction == io_direction::read ? readable() > 0 || read_fails()
                                           : writable() > 0 || write_fails();
  }

  // With the mutex held.
  void settle(stage how, std::error_code error = {});
  void wake();
};

// The client's end. It waits with a timer that never expires and is canceled when something
// happens. The handler thus belongs to the executor, which destroys it if the executor ends first.
struct memory_endpoint {
  explicit memory_endpoint(asio::any_io_executor executor)
      : timers{asio::steady_timer(below_strand(executor)),
               asio::steady_timer(below_strand(executor))} {
    for (auto& timer : timers) timer.expires_at(asio::steady_timer::time_point::max());
  }

  asio::steady_timer& timer(io_direction direction) noexcept {
    return timers[static_cast<std::size_t>(direction)];
  }

  static memory_peer peer_of(std::shared_ptr<memory_connection> connection) {
    return memory_peer(std::move(connection));
  }

  // Asks the listener with that name, if there is one.
  void knock(const std::string& name);

  asio::steady_timer timers[2];
  std::shared_ptr<memory_connection> connection = std::make_shared<memory_connection>();
};

}  // namespace wsx::testing
