#pragma once

#include <wsx/export.hpp>

#include <cstddef>
#include <memory>

namespace wsx {

namespace detail {
class connect_turn;
}

/// Limits of a `connect_budget`. A limit of 0 is none.
struct connect_budget_options {
  double per_second = 0;           ///< attempts per second, to all hosts
  double per_host_per_second = 0;  ///< attempts per second, to one host and port
  std::size_t in_flight = 0;       ///< attempts at the same time

  friend bool operator==(const connect_budget_options&, const connect_budget_options&) = default;
};

/// Limits the attempts to connect of all clients that share it, by `dial_options::budget`, so that
/// a fleet that has lost its server does not overrun it when it comes back.
///
///     const auto budget = std::make_shared<wsx::connect_budget>(
///         wsx::connect_budget_options{.per_second = 100, .in_flight = 20});
///
/// Attempts begin at regular intervals, not in bursts, and in the order in which they were due. One
/// for which the limit of its host is reached does not hold up those to other hosts. An attempt
/// that waits does nothing yet: its deadlines, and `dial_options::prepare`, begin afterwards. It
/// counts until its opening handshake is complete, or it has failed. Clients on several threads may
/// share a budget. It lives as long as any of them.
class connect_budget {
 public:
  /// Throws `system_error` with `errc::invalid_option` if a rate is negative or no number.
  WSX_API explicit connect_budget(const connect_budget_options& limits);
  WSX_API ~connect_budget();
  connect_budget(const connect_budget&) = delete;
  connect_budget& operator=(const connect_budget&) = delete;

  /// Returns how many attempts wait. From any thread.
  WSX_API std::size_t waiting() const;
  /// Returns how many attempts are in progress. From any thread.
  WSX_API std::size_t in_flight() const;

 private:
  friend class detail::connect_turn;
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace wsx
