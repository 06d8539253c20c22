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

// One timer for several times: it is set for the earliest. A wait that ends earlier than needed is
// left alone, and goes on when it is through, since to set a timer anew costs more than to look at
// a clock twice.
class deadline {
 public:
  using duration = client_clock::duration;
  using time_point = client_clock::time_point;

  enum class of : std::uint8_t {
    attempt,     // to connect, to exchange the opening handshake, or to pause before it
    connection,  // what the open one says: its keepalive, its closing handshake
    callback,    // one that was interrupted, and goes on
  };

  deadline(const strand& s, client_clock clock) : timer_(s, clock) {}

  client_clock clock() const noexcept { return timer_.clock(); }
  time_point now() const noexcept { return clock().now(); }
  // `delay` from now; the longest delays end when time does.
  time_point after(duration delay) const noexcept;

  void set(of what, time_point when) noexcept { times_[index(what)] = when; }
  void lift(of what) noexcept { set(what, never); }
  bool runs(of what) const noexcept { return times_[index(what)] != never; }
  time_point when(of what) const noexcept { return times_[index(what)]; }

  // Whether that time has come by `now`; it is lifted then.
  bool take(of what, time_point now) noexcept;

  // Sees to it that the listener is called at the earliest of the times; `soon`, if that is
  // earlier, will be asked for later.
  void arm(const std::shared_ptr<strand_listener>& who, time_point soon = never) {
    const auto first = std::min(*std::ranges::min_element(times_), soon);
    if (first == never || (waits_ && timer_.expiry() <= first)) return;
    wait(who, first);
  }

  // Forgets all of them.
  void cancel();

 private:
  static constexpr time_point never = time_point::max();
  static constexpr std::size_t index(of what) noexcept { return static_cast<std::size_t>(what); }

  void wait(const std::shared_ptr<strand_listener>& who, time_point until);

  client_timer timer_;
  std::array<time_point, 3> times_{never, never, never};
  std::uint32_t number_ = 0;  // of the wait
  bool waits_ = false;
};

}  // namespace wsx::detail
