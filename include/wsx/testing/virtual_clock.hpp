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

/// The time that clients live by, moved by a test: deadlines, keepalive, pauses before a reconnect,
/// `post_after`, `disconnect::uptime`. It never moves by itself: a test that lets minutes pass
/// takes none, and no machine is too slow for it.
///
/// Every client that is made on the execution context from now on, until this is destroyed, lives
/// by it. Other timers of the context do not: neither those of a test nor those that a callback
/// waits for. For clients that outlive this object time stands still. Another virtual clock of the
/// same context goes on from there, for them too; several at once are the same clock.
///
/// The clock begins with what `std::chrono::steady_clock` says. From any thread; it may outlive the
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

  /// Moves time at once, as if the thread had been busy for so long. What is due by then is handed
  /// to the context in the order of its due times; it runs when the context does. All of it finds
  /// the new time: what it waits for next is due later than that. A duration below zero is none.
  void advance(duration time);

  /// From now on each look that a client takes at the clock moves it, as work does; zero: no more.
  /// What is due by that is handed over by the next `advance` or `run_for`.
  void advance_per_look(duration time);

  /// When something is due next; nothing: nobody waits.
  std::optional<time_point> next_due() const;

  /// Lets time pass, as if the thread had nothing else to do: `io` does all that it can without
  /// waiting; then time moves to what is due next, and again, until it has moved so far. `io` must
  /// be the context of this clock, and is restarted where it has run out of work.
  void run_for(asio::io_context& io, duration time);

 private:
  std::shared_ptr<detail::virtual_time> time_;
};

}  // namespace wsx::testing
