#pragma once

#include <wsx/config.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace wsx {

template <class Signature>
class shared_function;

/// A function in options. Copies share it, and are equal. It may be called by several clients, on
/// several threads at a time.
template <class Result, class... Args>
class shared_function<Result(Args...)> {
 public:
  /// No function.
  shared_function() = default;

  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, shared_function> &&
           std::is_invocable_r_v<Result, std::decay_t<Function>&, Args...>)
      shared_function(Function&& f)  // NOLINT: converts by design
      : function_(
            std::make_shared<const std::function<Result(Args...)>>(std::forward<Function>(f))) {}

  explicit operator bool() const noexcept { return function_ != nullptr; }

  Result operator()(Args... args) const { return (*function_)(std::forward<Args>(args)...); }

  /// Functions are equal if one is a copy of the other.
  friend bool operator==(const shared_function&, const shared_function&) = default;

 private:
  std::shared_ptr<const std::function<Result(Args...)>> function_{};
};

}  // namespace wsx
