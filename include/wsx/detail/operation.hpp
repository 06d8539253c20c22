#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/error.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_type.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace wsx::detail {

// Starts an operation of a client (`engine_ref`) or a supervisor (`supervision_ref`) once there is
// a handler. Asio asks it for an executor if a token needs one, as `cancel_after` does for its
// timer.
template <class Ref>
class initiation {
 public:
  using executor_type = strand;

  explicit initiation(Ref target) noexcept : target_(std::move(target)) {}

  executor_type get_executor() const noexcept { return target_.serial(); }

 protected:
  const Ref& target() const noexcept { return target_; }

  // Calls `start` with the target, the operation's ticket and its completion. A cancellation
  // reaches the target with the ticket.
  template <class... Args, class Handler, class Start>
  void begin(Handler handler, Start& start) const {
    const ticket t = target_.next_ticket();
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(target_.get()), t](asio::cancellation_type type) {
        if (type == asio::cancellation_type::none) return;
        if (auto still_there = weak.lock()) Ref(std::move(still_there)).cancel(t);
      });
    }
    start(target_, t, completion<Args...>(std::move(handler), target_.serial()));
  }

 private:
  Ref target_;
};

template <class Ref, class... Args>
struct initiate_operation : initiation<Ref> {
  using initiation<Ref>::initiation;

  template <class Handler, class Start>
  void operator()(Handler handler, Start start) const {
    this->template begin<Args...>(std::move(handler), start);
  }
};

// An operation that waits for the end of the client: no callback of the client can await it.
template <class... Args>
struct initiate_ending : initiation<engine_ref> {
  using initiation::initiation;

  template <class Handler, class Start>
  void operator()(Handler handler, Start start) const {
    if (!target().awaited_by_callback(asio::get_associated_cancellation_slot(handler)))
      return begin<std::error_code, Args...>(std::move(handler), start);
    refuse(std::move(handler), target().serial(), errc::would_deadlock);
  }

  template <class Handler>
  static void refuse(Handler handler, const strand& fallback, errc why) {
    complete_immediately(std::move(handler), fallback, make_error_code(why), Args()...);
  }
};

// What begins an operation of a client. For that of a child see `found_child`.
template <class Initiation>
Initiation initiate(const engine_ref& client) {
  return Initiation(client);
}

// Starts an `initiate_ending` with any completion token.
template <class... Args, class Target, class Token, class Start>
auto start_ending(const Target& target, Token&& token, Start start) {
  return asio::async_initiate<Token, void(std::error_code, Args...)>(
      initiate<initiate_ending<Args...>>(target), token, std::move(start));
}

// Starts an operation with any completion token.
template <class... Args, class Ref, class Token, class Start>
auto start_operation(const Ref& target, Token&& token, Start start) {
  return asio::async_initiate<Token, void(Args...)>(initiate_operation<Ref, Args...>(target), token,
                                                    std::move(start));
}

}  // namespace wsx::detail
