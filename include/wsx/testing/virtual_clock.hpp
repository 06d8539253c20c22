#pragma once

#include <wsx/config.hpp>

#include <asio/execution_context.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace wsx::detail {
class virtual_time;
}

namespace wsx::testing {

/// A clock that a test moves by hand. Clients use it for deadlines, keepalive, pauses before a
/// reconnect, `post_after` and `disconnect::uptime`. It never moves by itself, so a test can let
/// minutes pass at once, and no machine is too slow for it.
///
/// All clients and supervisors made on the execution context while this object exists use it. Other
/// timers of the context do not, such as those of a test or of a callback. For clients that outlive
/// this object time stands still. Another virtual clock of the same context continues from there,
/// for these clients, too. Several at a time are one clock.
///
/// The clock starts at the time of `std::chrono::steady_clock`. From any thread; it may outlive the
/// context.
///
///     asio::io_context io;
///     wsx::testing::virtual_clock clock{io};
///     wsx::testing::memory_listener server{"server"};
///     wsx::basic_client<printer, wsx::testing::memory_transport> client{io};
///     client.connect(server.url(), asio::detached);
///     io.poll();
///     server.next()->accept();
///     clock.run_for(io, 1min);  // the server answers no ping
///     assert(!client.is_open());
class virtual_clock {
 public:
  using duration = std::chrono::steady_clock::duration;
  using time_point = std::chrono::steady_clock::time_point;

  explicit virtual_clock(asio::execution_context& context);
  ~virtual_clock();
  virtual_clock(const virtual_clock&) = delete;
  virtual_clock& operator=(const virtual_clock&) = delete;

  time_point now() const noexcept;

  /// Moves time at once, as if the thread had been busy for that long. Timers that are due are
  /// posted to the context in the order of their due times, and run when the context does. They all
  /// see the new time: what they wait for next is due later. A negative duration counts as zero.
  void advance(duration time);

  /// Makes each look of a client at the clock move it, as work would; zero turns that off. Timers
  /// that become due are posted by the next `advance` or `run_for`.
  void advance_per_look(duration time);

  /// Returns when the next timer is due; nothing if there is none.
  std::optional<time_point> next_due() const;

  /// Lets time pass while the thread is idle. `io` does everything that it can without waiting,
  /// then time moves to the next due timer, and so on until `time` has passed. `io` must be the
  /// context of this clock. It is restarted when it has run out of work.
  void run_for(asio::io_context& io, duration time);

 private:
  std::shared_ptr<detail::virtual_time> time_;
};

}  // namespace wsx::testing
