#pragma once

#include "client_clock.hpp"
#include "client_timer.hpp"
#include "strand_listener.hpp"

#include <wsx/transport/strand.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace wsx::detail {

// One timer for several deadlines: it is set to the earliest. A wait that ends earlier than
// necessary is not changed, and is continued when it completes. Setting a timer again costs more
// than reading a clock twice.
class deadline {
 public:
  using duration = client_clock::duration;
  using time_point = client_clock::time_point;

  enum class of : std::uint8_t {
    attempt,     // to connect, to exchange the opening handshake, or the pause before; then what
                 // `connection` is, for a second connection
    connection,  // of the open one: its keepalive, its closing handshake
    callback,    // of a callback that was interrupted and has not finished
  };

  deadline(const strand& s, client_clock clock) : timer_(s, clock) {}

  client_clock clock() const noexcept { return timer_.clock(); }
  time_point now() const noexcept { return clock().now(); }
  // Returns the time `delay` from now; delays that are too long end with the last time point.
  time_point after(duration delay) const noexcept;

  void set(of what, time_point when) noexcept { times_[index(what)] = when; }
  void lift(of what) noexcept { set(what, never); }
  bool runs(of what) const noexcept { return times_[index(what)] != never; }
  time_point when(of what) const noexcept { return times_[index(what)]; }

  // Returns whether that time has come by `now`, and lifts it if so.
  bool take(of what, time_point now) noexcept;

  // Makes sure that the listener is called at the earliest of the times. `soon` is a time that the
  // caller will set later: if it is earlier, the timer is set for it already.
  void arm(const std::shared_ptr<strand_listener>& who, time_point soon = never) {
    const auto first = std::min(*std::ranges::min_element(times_), soon);
    if (first == never || (waits_ && timer_.expiry() <= first)) return;
    wait(who, first);
  }

  // Lifts all of them and cancels the wait.
  void cancel();

 private:
  static constexpr time_point never = time_point::max();
  static constexpr std::size_t index(of what) noexcept { return static_cast<std::size_t>(what); }

  void wait(const std::shared_ptr<strand_listener>& who, time_point until);

  client_timer timer_;
  std::array<time_point, 3> times_{never, never, never};
  std::uint32_t number_ = 0;  // number of the wait
  bool waits_ = false;
};

}  // namespace wsx::detail
