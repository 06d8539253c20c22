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

// Starts an operation once there is a handler. Asio asks it for an executor if a token needs one,
// as `cancel_after` does for its timer.
class initiation {
 public:
  using executor_type = strand;

  explicit initiation(engine_ref e) noexcept : engine_(std::move(e)) {}

  executor_type get_executor() const noexcept { return engine_.serial(); }

 protected:
  const engine_ref& target() const noexcept { return engine_; }

  // Calls `start` with the engine, the operation's ticket and its completion. A cancellation
  // reaches the engine with the ticket.
  template <class... Args, class Handler, class Start>
  void begin(Handler handler, Start& start) const {
    const ticket t = engine_.next_ticket();
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(engine_.get()), t](asio::cancellation_type type) {
        if (type == asio::cancellation_type::none) return;
        if (auto still_there = weak.lock()) engine_ref(std::move(still_there)).cancel(t);
      });
    }
    start(engine_, t, completion<Args...>(std::move(handler), engine_.serial()));
  }

 private:
  engine_ref engine_;
};

template <class... Args>
struct initiate_operation : initiation {
  using initiation::initiation;

  template <class Handler, class Start>
  void operator()(Handler handler, Start start) const {
    begin<Args...>(std::move(handler), start);
  }
};

// An operation that waits for the end of the client: no callback of the client can await it.
template <class... Args>
struct initiate_ending : initiation {
  using initiation::initiation;

  template <class Handler, class Start>
  void operator()(Handler handler, Start start) const {
    if (!target().awaited_by_callback(asio::get_associated_cancellation_slot(handler)))
      return begin<std::error_code, Args...>(std::move(handler), start);
    complete_immediately(std::move(handler), target().serial(),
                         make_error_code(errc::would_deadlock), Args()...);
  }
};

// Starts an `initiate_ending` with any completion token.
template <class... Args, class Token, class Start>
auto start_ending(const engine_ref& e, Token&& token, Start start) {
  return asio::async_initiate<Token, void(std::error_code, Args...)>(initiate_ending<Args...>(e),
                                                                     token, std::move(start));
}

// Starts an operation of the engine with any completion token.
template <class... Args, class Token, class Start>
auto start_operation(const engine_ref& e, Token&& token, Start start) {
  return asio::async_initiate<Token, void(Args...)>(initiate_operation<Args...>(e), token,
                                                    std::move(start));
}

}  // namespace wsx::detail
