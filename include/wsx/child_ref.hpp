#pragma once

#include <wsx/config.hpp>

#include <wsx/client_status.hpp>
#include <wsx/detail/code_change.hpp>
#include <wsx/detail/found_child.hpp>
#include <wsx/detail/messages.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/detail/process.hpp>
#include <wsx/detail/system_operations.hpp>
#include <wsx/detail/with_handler.hpp>
#include <wsx/error.hpp>
#include <wsx/stats.hpp>
#include <wsx/traceable.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/awaitable.hpp>

#include <optional>
#include <system_error>
#include <utility>

namespace wsx {

/// A child that was found by its name. It refers to that client, not to the one that replaces it
/// after a restart. It does not keep the client from ending; everything may be called after that,
/// too. From any thread.
///
/// A child can be operated like a client of one's own. The operations, their errors and their
/// completion tokens are those of `basic_client`. A handler is gone soon after its child has ended:
/// then `with_handler`, `suspend`, `resume` and `code_change` fail with `errc::aborted`. If no
/// child was found they fail with `errc::child_not_found`; the completion handler is called on its
/// associated executor, by default the supervisor's strand. (A `child_ref` that was made without a
/// supervisor has `asio::system_executor` instead.)
///
///     const auto prices = feeds.find<feed>("prices");
///     const int n = co_await prices.with_handler([](const feed& f) { return f.messages; });
template <class Handler>
class child_ref : public traceable<child_ref<Handler>>,
                  public detail::child_code_change_members<child_ref<Handler>, Handler> {
 public:
  child_ref() = default;

  /// Whether a child was found.
  explicit operator bool() const noexcept { return static_cast<bool>(engine_); }

  /// See `basic_client::cast`. Errors: also `errc::child_not_found` if no child was found.
  template <class Message>
  bool cast(Message message) const {
    std::error_code ignored;
    return cast(std::move(message), ignored);
  }
  template <class Message>
  bool cast(Message message, std::error_code& error) const {
    error = engine_ ? engine_.post(detail::make_cast(kind_, *handler_, std::move(message)))
                    : make_error_code(errc::child_not_found);
    return !error;
  }

  /// See `basic_client::post`. Errors: as for `cast`.
  template <class Message>
  bool post(Message message) const {
    std::error_code ignored;
    return post(std::move(message), ignored);
  }
  template <class Message>
  bool post(Message message, std::error_code& error) const {
    error = engine_ ? engine_.post(detail::make_info(*handler_, std::move(message)))
                    : make_error_code(errc::child_not_found);
    return !error;
  }

  /// See `basic_client::with_handler`. With a `child_ref<any_handler>` name the handler's type.
  template <class H = Handler, class Function>
  asio::awaitable<detail::access_result_t<H, Function>> with_handler(Function function) const {
    return detail::co_access<H>(engine_, handler_, std::move(function));
  }
  template <class H = Handler, class Function, class Token>
  auto with_handler(Function function, Token&& token) const {
    return detail::start_access<H>(found(), handler_, std::move(function),
                                   std::forward<Token>(token));
  }

  /// See `client_base::status`. If no child was found the phase is `client_phase::ended`, and all
  /// else empty.
  asio::awaitable<client_status> status() const { return detail::co_status(engine_); }
  template <class Token>
  auto status(Token&& token) const {
    return detail::start_status(found(), std::forward<Token>(token));
  }

  /// See `client_base::suspend`. A supervisor that waits for the start of a suspended child waits
  /// until `resume`. It terminates one as any other.
  asio::awaitable<void> suspend() const { return detail::co_suspend(engine_); }
  template <class Token>
  auto suspend(Token&& token) const {
    return detail::start_suspend(found(), std::forward<Token>(token));
  }

  /// See `client_base::resume`.
  asio::awaitable<void> resume() const { return detail::co_resume(engine_); }
  template <class Token>
  auto resume(Token&& token) const {
    return detail::start_resume(found(), std::forward<Token>(token));
  }

  /// See `basic_client::is_open`.
  bool is_open() const noexcept { return engine_ && engine_.is_open(); }

  /// See `basic_client::stats`; all zero if no child was found.
  wsx::stats stats() const noexcept { return engine_ ? engine_.stats() : wsx::stats(); }

 private:
  friend class supervisor;
  friend struct detail::client_access;

  child_ref(const detail::addressee* child, const strand& supervisor) : supervisor_(supervisor) {
    if (child == nullptr) return;
    engine_ = child->engine;
    handler_ = static_cast<Handler*>(child->handler);
    kind_ = child->kind;
  }

  detail::found_child found() const noexcept { return {engine_, supervisor_}; }

  detail::engine_ref engine_{};
  Handler* handler_ = nullptr;  // only the client dereferences it
  detail::shared_kind kind_{};
  std::optional<strand> supervisor_{};
};

}  // namespace wsx
