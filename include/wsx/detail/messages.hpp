#pragma once

#include <wsx/detail/callback_context.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/handler_model.hpp>
#include <wsx/detail/mail.hpp>
#include <wsx/detail/redirected_mail.hpp>
#include <wsx/log.hpp>
#include <wsx/session.hpp>
#include <wsx/timer.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <typeinfo>
#include <utility>

namespace wsx::detail {

// A message type may have `static constexpr bool wsx_any_phase = true`.
template <class M>
constexpr bool arrives_in_any_phase() {
  if constexpr (requires { M::wsx_any_phase; }) {
    return M::wsx_any_phase;
  } else {
    return false;
  }
}

// A message for a callback of a handler.
template <class Tag, class H, class M>
class message_mail final : public mail {
 public:
  message_mail(H& handler, M message) : handler_(handler), message_(std::move(message)) {
    any_phase = arrives_in_any_phase<M>();
  }

  bool is_async() const noexcept override { return is_async_callback<Tag, H, M&&>(); }

  void deliver(callback_context& to) override {
    if constexpr (!is_async_callback<Tag, H, M&&>()) {
      to.count_callback();
      run_callback<Tag>(to, handler_, std::move(message_));
    }
  }

  asio::awaitable<void> deliver_async(callback_context& to) override {
    return run_or_await<Tag, H, M&&>(to, handler_, std::move(message_));
  }

 private:
  H& handler_;
  M message_;
};

// A message without a matching `handle_info`: it is logged and discarded.
template <class M>
class unhandled_mail final : public mail {
 public:
  bool is_async() const noexcept override { return false; }
  void deliver(callback_context&) override { log_unhandled(typeid(M).name()); }
  asio::awaitable<void> deliver_async(callback_context&) override { return nothing(); }
};

template <class M>
std::unique_ptr<mail> redirect(wsx::any_handler& handler, mail_kind kind, M message) {
  auto redirected = std::make_unique<redirected_message<M>>(handler, kind, std::move(message));
  redirected->any_phase = arrives_in_any_phase<M>();
  return redirected;
}

// A message without a matching `handle_cast` does not compile. With a handler that can be replaced
// the result is null.
template <class M>
std::unique_ptr<mail> make_cast(wsx::any_handler& handler, M message) {
  if (!takes_cast(handler, typeid(M), sizeof(M))) return nullptr;
  return redirect(handler, mail_kind::cast, std::move(message));
}
template <class H, class M>
std::unique_ptr<mail> make_cast(H& handler, M message) {
  static_assert(
      has_callback<handle_cast_tag, H, M&&>,
      "wsx: the handler has no handle_cast for a message of this type, or it is not public");
  static_assert(returns_well<handle_cast_tag, H, M&&, action>(),
                "wsx: handle_cast must return void, wsx::action, or an awaitable of either");
  return std::make_unique<message_mail<handle_cast_tag, H, M>>(handler, std::move(message));
}

// The same for a handler that may be gone, so that it must not be asked.
template <class M>
std::unique_ptr<mail> make_cast(const shared_kind& kind, wsx::any_handler& handler, M message) {
  if (!takes_cast(*kind, typeid(M), sizeof(M))) return nullptr;
  return redirect(handler, mail_kind::cast, std::move(message));
}
template <class H, class M>
std::unique_ptr<mail> make_cast(const shared_kind&, H& handler, M message) {
  return make_cast(handler, std::move(message));
}

template <class M>
std::unique_ptr<mail> make_info(wsx::any_handler& handler, M message) {
  return redirect(handler, mail_kind::info, std::move(message));
}
template <class H, class M>
std::unique_ptr<mail> make_info(H& handler, M message) {
  if constexpr (has_callback<handle_info_tag, H, M&&>) {
    static_assert(returns_well<handle_info_tag, H, M&&, action>(),
                  "wsx: handle_info must return void, wsx::action, or an awaitable of either");
    return std::make_unique<message_mail<handle_info_tag, H, M>>(handler, std::move(message));
  } else {
    static_assert(!has_callback<handle_info_tag, H, M&>,
                  "wsx: handle_info must take a message by value, const& or &&");
    return std::make_unique<unhandled_mail<M>>();
  }
}

// A message of the handler to itself. `replaceable` is not null if another handler may be there
// when it is delivered.
template <class H, class M>
std::unique_ptr<mail> make_own_info(wsx::any_handler* replaceable, H& handler, M message) {
  if (replaceable != nullptr) return make_info(*replaceable, std::move(message));
  return make_info(handler, std::move(message));
}

// Notifies a client, if it still exists, that another client has ended.
template <class H, class Down>
struct down_notice {
  std::weak_ptr<engine> to;
  H* handler;
  std::uint64_t number;

  void operator()(std::error_code error, close_reason reason) const {
    if (auto e = to.lock())
      engine_ref(std::move(e)).notify(make_info(*handler, Down{number, error, std::move(reason)}));
  }
};

}  // namespace wsx::detail

namespace wsx {

template <class Handler, class Message>
bool session::post(Handler& self, Message message) {
  return post_mail(detail::make_own_info(replaceable(), self, std::move(message)));
}

template <class Handler, class Message>
timer session::post_after(Handler& self, std::chrono::steady_clock::duration delay,
                          Message message) {
  return post_mail_after(delay, detail::make_own_info(replaceable(), self, std::move(message)));
}

}  // namespace wsx
