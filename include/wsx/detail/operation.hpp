#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine.hpp>
#include <wsx/detail/waiting_list.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_type.hpp>

#include <memory>
#include <utility>

namespace wsx::detail {

// Starts an operation of the engine with any completion token. `start` gets the engine, the
// operation's ticket and its completion; cancellation goes to the engine by the ticket.
template <class... Args>
struct initiate_operation {
  template <class Handler, class Start>
  void operator()(Handler handler, std::shared_ptr<engine> e, Start start) const {
    const ticket t = e->next_ticket();
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(e), t](asio::cancellation_type) {
        if (const auto still_there = weak.lock()) still_there->cancel(t);
      });
    }
    start(*e, t, completion<Args...>(std::move(handler), e->executor()));
  }
};

template <class... Args, class Token, class Start>
auto start_operation(const std::shared_ptr<engine>& e, Token&& token, Start start) {
  return asio::async_initiate<Token, void(Args...)>(initiate_operation<Args...>(), token, e,
                                                    std::move(start));
}

}  // namespace wsx::detail
