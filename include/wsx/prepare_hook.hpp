#pragma once

#include <wsx/config.hpp>

#include <wsx/request.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace wsx {

namespace detail {

// The function of a `prepare_hook`. Options are used without Asio, too, so its awaitable is not
// named here.
struct prepare_function {
  virtual ~prepare_function() = default;

  virtual const std::type_info& result() const noexcept = 0;
  // `awaitable` points to an object of the type of the result, unless that is void.
  virtual void call(request& r, std::size_t attempt, void* awaitable) const = 0;
};

template <class Function, class Result>
class prepare_function_of final : public prepare_function {
 public:
  explicit prepare_function_of(Function f) : function_(std::move(f)) {}

  const std::type_info& result() const noexcept override { return typeid(Result); }
  void call(request& r, std::size_t attempt, void* awaitable) const override {
    if constexpr (std::is_void_v<Result>) {
      function_(r, attempt);
    } else {
      *static_cast<Result*>(awaitable) = function_(r, attempt);
    }
  }

 private:
  mutable Function function_;
};

// Stands for `asio::awaitable<void>`: the client checks that it is that one.
template <class Result>
concept awaitable_of_nothing = requires {
  typename Result::executor_type;
  requires std::is_void_v<typename Result::value_type>;
};

}  // namespace detail

/// A function that completes the request before each connection attempt: see
/// `dial_options::prepare`. It takes the request and the number of the attempt, as
/// `connection_info::attempt` counts. It returns nothing, or `asio::awaitable<void>`.
///
///     options.dial.prepare = [](wsx::request& r, std::size_t) {
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
      prepare_hook(Function&& prepare) {  // NOLINT: converts by design
    using callable = std::decay_t<Function>;
    using result = std::invoke_result_t<callable&, request&, std::size_t>;
    static_assert(std::is_void_v<result> || detail::awaitable_of_nothing<result>,
                  "wsx: dial_options::prepare must return void or asio::awaitable<void>");
    function_ = std::make_shared<detail::prepare_function_of<callable, result>>(
        std::forward<Function>(prepare));
  }

  /// Returns whether there is a function.
  explicit operator bool() const noexcept { return function_ != nullptr; }

  const detail::prepare_function& function() const noexcept { return *function_; }

  /// Hooks are equal if one is a copy of the other.
  friend bool operator==(const prepare_hook&, const prepare_hook&) = default;

 private:
  std::shared_ptr<const detail::prepare_function> function_{};
};

}  // namespace wsx
