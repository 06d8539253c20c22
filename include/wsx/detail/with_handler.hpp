#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/callbacks.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/detail/system_request.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace wsx::detail {

// Returns the `system_error` of an access that failed.
WSX_API std::exception_ptr access_failure(std::error_code why);

// What a function for `with_handler` returns.
template <class H, class F>
struct access_result {
  static_assert(std::invocable<F, H&>,
                "wsx: with_handler takes a function of the handler, by reference");
  using type = std::invoke_result_t<F, H&>;
  static_assert(!std::is_reference_v<type>,
                "wsx: the function for with_handler must return a value: a reference to the "
                "handler's state would be used while callbacks change it");
  static_assert(!unwrap_awaitable<type>::awaits,
                "wsx: the function for with_handler must not be a coroutine: it runs between two "
                "callbacks, which can't wait");
};
template <class H, class F>
using access_result_t = typename access_result<H, F>::type;

template <class R>
struct access_completion {
  using type = completion<std::exception_ptr, R>;
};
template <>
struct access_completion<void> {
  using type = completion<std::exception_ptr>;
};

// Returns the handler that a client holds, or null if it has another type.
template <class H, class Held>
H* handler_in(Held& held) {
  if constexpr (std::same_as<H, Held>) {
    return &held;
  } else {
    return held.template get_if<H>();
  }
}

// Calls a function with the handler.
template <class H, class Held, class F>
class access_request final : public system_request {
  using R = access_result_t<H, F>;

 public:
  access_request(Held* held, F function, typename access_completion<R>::type done)
      : held_(held), function_(std::move(function)), done_(std::move(done)) {}

  void run() override {
    H* const handler = handler_in<H>(*held_);
    if (handler == nullptr) return fail(errc::handler_type_differs);
    std::exception_ptr thrown;
    if constexpr (std::is_void_v<R>) {
      call(*handler, thrown);
      done_(std::move(thrown));
    } else {
      std::optional<R> result = call(*handler, thrown);
      if (result) return done_(nullptr, *std::move(result));
      done_(std::move(thrown), R());
    }
  }

  void fail(std::error_code why) override {
    { [[maybe_unused]] const F unused(std::move(function_)); }
    if constexpr (std::is_void_v<R>) {
      done_(access_failure(why));
    } else {
      done_(access_failure(why), R());
    }
  }

 private:
  // The function is destroyed before the caller goes on, whose variables it may refer to.
  auto call(H& handler, std::exception_ptr& thrown)
      -> std::conditional_t<std::is_void_v<R>, void, std::optional<R>> {
    F function(std::move(function_));
    try {
      if constexpr (std::is_void_v<R>) {
        std::invoke(std::move(function), handler);
      } else {
        return std::invoke(std::move(function), handler);
      }
    } catch (...) {
      thrown = std::current_exception();
    }
    if constexpr (!std::is_void_v<R>) return std::nullopt;
  }

  Held* const held_;  // only `run` dereferences it
  F function_;
  typename access_completion<R>::type done_;
};

// No callback of the client can await the operation, since it waits for the end of the callback.
template <class... Result>
struct initiate_access : initiation<engine_ref> {
  using initiation::initiation;

  template <class Handler, class Start>
  void operator()(Handler handler, Start start) const {
    if (!target().awaited_by_callback(asio::get_associated_cancellation_slot(handler)))
      return begin<std::exception_ptr, Result...>(std::move(handler), start);
    refuse(std::move(handler), target().serial(), errc::would_deadlock);
  }

  template <class Handler>
  static void refuse(Handler handler, const strand& fallback, errc why) {
    complete_immediately(std::move(handler), fallback, access_failure(why), Result()...);
  }
};

template <class H, class Held, class F>
auto access_start(Held* held, F function) {
  using done_t = typename access_completion<access_result_t<H, F>>::type;
  return [held, function = std::move(function)](const engine_ref& e, ticket t,
                                                done_t done) mutable {
    operation_memory* const memory = done.memory();
    e.ask(t,
          std::make_unique<access_request<H, Held, F>>(held, std::move(function), std::move(done)),
          memory);
  };
}

// Starts an access with any completion token.
template <class H, class Target, class Held, class F, class Token>
auto start_access(const Target& target, Held* held, F function, Token&& token) {
  using R = access_result_t<H, F>;
  auto start = access_start<H>(held, std::move(function));
  if constexpr (std::is_void_v<R>) {
    return asio::async_initiate<Token, void(std::exception_ptr)>(
        initiate<initiate_access<>>(target), token, std::move(start));
  } else {
    static_assert(std::is_default_constructible_v<R>,
                  "wsx: with a completion token, the function for with_handler must return a type "
                  "with a default constructor, which is the result of a failure");
    return asio::async_initiate<Token, void(std::exception_ptr, R)>(
        initiate<initiate_access<R>>(target), token, std::move(start));
  }
}

// A function whose result has a value for failures.
template <class H, class F>
struct optional_result {
  F function;

  std::optional<access_result_t<H, F>> operator()(H& handler) && {
    return std::invoke(std::move(function), handler);
  }
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

// Accesses the handler. Throws what the function throws, or a `system_error`. There is no client if
// no child was found.
template <class H, class Held, class F>
asio::awaitable<access_result_t<H, F>> co_access(engine_ref e, Held* held, F function) {
  if (!e) std::rethrow_exception(access_failure(errc::child_not_found));
  if constexpr (std::is_void_v<access_result_t<H, F>>) {
    auto pending = start_access<H>(e, held, std::move(function), asio::use_awaitable);
    co_await std::move(pending);
  } else {
    optional_result<H, F> with_optional{std::move(function)};
    auto pending = start_access<H>(e, held, std::move(with_optional), asio::use_awaitable);
    auto result = co_await std::move(pending);
    co_return *std::move(result);
  }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace wsx::detail
