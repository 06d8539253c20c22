#pragma once

#include <wsx/config.hpp>

#include <wsx/request.hpp>

#include <asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace wsx {

/// A function that completes the request before each connection attempt: see `options::prepare`. It
/// takes the request and the number of the attempt, as `connection_info::attempt` counts. It
/// returns nothing, or is a coroutine.
///
///     options.prepare = [](wsx::request& r, std::size_t) {
///       r.header("Authorization", "Bearer " + new_token());
///     };
class prepare_hook {
 public:
  /// Requests are used as they are.
  prepare_hook() = default;

  /// Copies share the function, so clients with equal options may call it at the same time. It
  /// lives until its last call has ended: a lambda that is a coroutine may capture variables.
  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, prepare_hook> &&
           std::invocable<std::decay_t<Function>&, request&, std::size_t>)
      prepare_hook(Function&& prepare)  // NOLINT: converts by design
      : prepare_(
            std::make_shared<const std::function<asio::awaitable<void>(request&, std::size_t)>>(
                awaitable_of(std::forward<Function>(prepare)))) {}

  /// Returns whether there is a function.
  explicit operator bool() const noexcept { return prepare_ != nullptr; }

  /// Calls it. The result is not valid if the function is not a coroutine.
  asio::awaitable<void> operator()(request& r, std::size_t attempt) const {
    return (*prepare_)(r, attempt);
  }

  /// Hooks are equal if one is a copy of the other.
  friend bool operator==(const prepare_hook&, const prepare_hook&) = default;

 private:
  template <class Function>
  static auto awaitable_of(Function&& prepare) {
    using result = std::invoke_result_t<std::decay_t<Function>&, request&, std::size_t>;
    if constexpr (std::convertible_to<result, asio::awaitable<void>>) {
      return std::forward<Function>(prepare);
    } else {
      static_assert(std::is_void_v<result>,
                    "wsx: options::prepare must return void or asio::awaitable<void>");
      return [f = std::forward<Function>(prepare)](request& r, std::size_t attempt) mutable {
        f(r, attempt);
        return asio::awaitable<void>();
      };
    }
  }

  std::shared_ptr<const std::function<asio::awaitable<void>(request&, std::size_t)>> prepare_{};
};

}  // namespace wsx
