#pragma once

#include <wsx/config.hpp>

#include <wsx/any_handler.hpp>
#include <wsx/detail/code_change.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/handler_change.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/detail/replaceable_handler.hpp>
#include <wsx/export.hpp>

#include <asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace wsx {

class module;

namespace detail {

WSX_API asio::awaitable<void> co_code_change(engine_ref e, std::unique_ptr<handler_change> change);
WSX_API std::unique_ptr<handler_change> make_change(const module& to, std::string extra);

template <class Target, class Token>
auto start_change(const Target& target, std::unique_ptr<handler_change> change, Token&& token) {
  return start_ending<>(target, std::forward<Token>(token),
                        [c = std::move(change)](const engine_ref& e, ticket t,
                                                completion<std::error_code> done) mutable {
                          e.code_change(t, std::move(c), nullptr, std::move(done));
                        });
}

/// What `client<any_handler>` has besides the members of other clients: it replaces its handler
/// while the connection stays open. Erlang's hot code swap, and the callback `code_change` of its
/// behaviors.
///
/// `code_change<New>(extra)` calls a static function of the new handler's type on the client's
/// strand, between two callbacks. It gets the version and the state of the old handler, and returns
/// the new one:
///
///     struct feed_v2 {
///       static constexpr std::string_view version = "2";
///       static feed_v2 code_change(const wsx::old_version&, const feed_v1& old, int depth) {
///         return {old.count, depth};
///       }
///       void handle_frame(wsx::text) { ++count; }
///       long count = 0;
///       int depth = 0;
///     };
///
/// If the old handler has the type that `code_change` takes, that object is passed. If
/// `code_change` is overloaded, name the types of old handlers: `code_change<feed_v2, feed_v1,
/// feed_v3>(extra)`. The state of any other handler is what its `std::string save() const` returns,
/// and a `code_change` with `std::string_view` takes it. `save` may have a parameter
/// `std::string_view`, the new handler's version: in a downgrade only the old handler knows both
/// forms. Without `extra`, `code_change` has two parameters. It may return a `std::expected<New,
/// std::error_code>`.
///
/// On success the old handler is destroyed, and the new one goes on with the open connection:
/// neither `terminate` nor `init` or `handle_connect` is called. If `code_change` throws or returns
/// an error, the old handler goes on unchanged.
///
/// What has not been delivered by then goes to the new handler: messages of the server, casts,
/// posts, timers and signals. A message of a type that it does not take is logged. Frames that
/// callbacks have sent are sent once. A callback that waits is waited for. If one of the
/// handlers has a `handle_fragment`, the change waits for the end of a message that has begun to
/// arrive. A change is also made before `connect`, and while the client connects, pauses or closes.
/// Changes are made in their order.
///
/// Completes when the handler has been replaced, or could not be. From any thread. A callback of
/// this client can't await it, but may start it with another completion token.
///
/// Errors: the code of the `std::system_error` that `code_change` or `save` throws, or of the error
/// it returns; `errc::code_change_failed` if it throws anything else; `errc::state_not_taken`: it
/// takes neither the old handler's type nor a saved state, or there is no `save`;
/// `errc::not_connected`: the client has ended; `errc::aborted`; `errc::would_deadlock`.
/// Cancellation withdraws a change that has not been made.
///
///     co_await client.code_change<feed_v2>(10);
template <class Client>
class code_change_members<Client, wsx::any_handler> {
 public:
  template <class New, class... Old>
  asio::awaitable<void> code_change() {
    return co_code_change(engine(), make_change<New, Old...>(std::monostate()));
  }
  template <class New, class... Old, class Extra>
  asio::awaitable<void> code_change(Extra extra) {
    return co_code_change(engine(), make_change<New, Old...>(std::move(extra)));
  }

  /// With any completion token for `void(std::error_code)`. `std::monostate()` is no `extra`.
  template <class New, class... Old, class Extra, class Token>
  auto code_change(Extra extra, Token&& token) {
    return start_change(engine(), make_change<New, Old...>(std::move(extra)),
                        std::forward<Token>(token));
  }

  /// Replaces the handler by that of a module, to which both the state and `extra` are passed as
  /// texts. See `module`.
  asio::awaitable<void> code_change(const module& to, std::string extra = {}) {
    return co_code_change(engine(), make_change(to, std::move(extra)));
  }
  template <class Token>
  auto code_change(const module& to, std::string extra, Token&& token) {
    return start_change(engine(), make_change(to, std::move(extra)), std::forward<Token>(token));
  }

 private:
  const engine_ref& engine() const noexcept {
    return client_access::engine_of(static_cast<const Client&>(*this));
  }
};

/// What a `child_ref<any_handler>` has besides the members of others: `code_change`, as a client
/// has it. Errors: also `errc::child_not_found` if no child was found. When the child is restarted,
/// `child_spec::start` decides which version it has.
template <class Child>
class child_code_change_members<Child, wsx::any_handler> {
 public:
  template <class New, class... Old>
  asio::awaitable<void> code_change() const {
    return co_code_change(engine(), make_change<New, Old...>(std::monostate()));
  }
  template <class New, class... Old, class Extra>
  asio::awaitable<void> code_change(Extra extra) const {
    return co_code_change(engine(), make_change<New, Old...>(std::move(extra)));
  }
  template <class New, class... Old, class Extra, class Token>
  auto code_change(Extra extra, Token&& token) const {
    return start_change(child(), make_change<New, Old...>(std::move(extra)),
                        std::forward<Token>(token));
  }

  asio::awaitable<void> code_change(const module& to, std::string extra = {}) const {
    return co_code_change(engine(), make_change(to, std::move(extra)));
  }
  template <class Token>
  auto code_change(const module& to, std::string extra, Token&& token) const {
    return start_change(child(), make_change(to, std::move(extra)), std::forward<Token>(token));
  }

 private:
  const engine_ref& engine() const noexcept {
    return client_access::engine_of(static_cast<const Child&>(*this));
  }
  auto child() const noexcept { return client_access::child_of(static_cast<const Child&>(*this)); }
};

}  // namespace detail

}  // namespace wsx
