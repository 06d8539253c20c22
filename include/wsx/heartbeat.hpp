#pragma once

#include <wsx/action.hpp>
#include <wsx/shared_function.hpp>

#include <chrono>
#include <concepts>
#include <type_traits>
#include <utility>

namespace wsx {

/// A message that is sent at regular intervals while a connection is open, for a server that
/// expects one besides, or instead of, the pings of RFC 6455. See `options::heartbeat`.
///
///     options.heartbeat = wsx::heartbeat(20s, R"({"op":"ping"})");
///     options.heartbeat = wsx::heartbeat(20s, [] { return wsx::reply(time_in_json()); });
///
/// The first one is sent an interval after the connection opened. It goes with the replies of
/// callbacks, not behind the queues of senders.
class heartbeat {
 public:
  using duration = std::chrono::milliseconds;

  /// Nothing is sent.
  heartbeat() = default;

  /// `what` is a frame, as `reply` takes it, which is copied. Or it is a function that returns a
  /// frame, or an action. It is called on the client's strand, for each heartbeat. Copies share it,
  /// so clients with equal options may call it at the same time. If it throws, a callback has
  /// thrown: the connection fails.
  template <class What>
  heartbeat(duration every, What what) : interval_(every), make_(acting(std::move(what))) {}

  /// Returns whether anything is sent.
  explicit operator bool() const noexcept { return static_cast<bool>(make_); }

  duration interval() const noexcept { return interval_; }

  /// Returns what to do now.
  action operator()() const { return make_(); }

  /// Heartbeats are equal if one is a copy of the other.
  friend bool operator==(const heartbeat&, const heartbeat&) = default;

 private:
  template <class What>
  static auto acting(What what) {
    if constexpr (!std::invocable<What&>) {
      return [sent = wsx::reply(what)] { return sent; };
    } else if constexpr (std::same_as<std::invoke_result_t<What&>, action>) {
      return what;
    } else {
      return [make = std::move(what)]() mutable { return wsx::reply(make()); };
    }
  }

  duration interval_{};
  shared_function<action()> make_{};
};

}  // namespace wsx
