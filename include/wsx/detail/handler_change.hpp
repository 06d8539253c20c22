#pragma once

#include <wsx/config.hpp>

#include <wsx/any_handler.hpp>
#include <wsx/detail/handler_info.hpp>
#include <wsx/error.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace wsx::detail {

// A handler that is to replace another.
class handler_change {
 public:
  virtual ~handler_change() = default;

  virtual const handler_info& to() const noexcept = 0;

  // Returns the new handler, with the state of `old`. Throws if there can be none: the code of a
  // `std::system_error` is the reason.
  virtual wsx::any_handler make(const wsx::any_handler& old, const old_version& from) = 0;
};

// The second parameter of a function that is not overloaded: the old handler.
template <class Function>
struct old_state {
  using type = void;
};
template <class R, class Version, class State, class... Extra>
struct old_state<R (*)(Version, State, Extra...)> {
  using type = std::remove_cvref_t<State>;
};
template <class R, class... Args>
struct old_state<R (*)(Args...) noexcept> : old_state<R (*)(Args...)> {};

template <class New>
constexpr auto change_function() noexcept {
  if constexpr (requires { &New::code_change; }) return &New::code_change;
}

// Without an argument of the user's, that is `std::monostate`.
template <class New, class State, class Extra>
concept changes_with = requires(const old_version& from, const State& state, const Extra& extra) {
  New::code_change(from, state, extra);
};
template <class New, class State, class Extra>
concept changes_without = std::same_as<Extra, std::monostate> &&
    requires(const old_version& from, const State& state) {
  New::code_change(from, state);
};
template <class New, class State, class Extra>
concept changes_from = changes_with<New, State, Extra> || changes_without<New, State, Extra>;

template <class New, class State, class Extra>
auto call_code_change(const old_version& from, const State& state, const Extra& extra) {
  if constexpr (changes_without<New, State, Extra>) {
    return New::code_change(from, state);
  } else {
    return New::code_change(from, state, extra);
  }
}

// Like `std::expected<New, std::error_code>`.
template <class Result, class New>
concept expected_handler = requires(Result result) {
  static_cast<bool>(result);
  { *std::move(result) } -> std::convertible_to<New>;
  { result.error() } -> std::convertible_to<std::error_code>;
};

template <class New, class Result>
wsx::any_handler successor(Result result) {
  if constexpr (std::convertible_to<Result, New>) {
    return wsx::any_handler(std::in_place_type<New>, std::move(result));
  } else {
    static_assert(expected_handler<Result, New>,
                  "wsx: code_change must return the new handler, or a std::expected of it and "
                  "std::error_code");
    if (!result) throw std::system_error(result.error());
    return wsx::any_handler(std::in_place_type<New>, *std::move(result));
  }
}

template <class New, class State, class Extra>
wsx::any_handler change_from(const old_version& from, const State& state, const Extra& extra) {
  return successor<New>(call_code_change<New>(from, state, extra));
}

// Returns what `save` of the old handler returns. Throws if it has none.
WSX_API std::string saved_state(const wsx::any_handler& old, std::string_view to);

// A change in one program, to `New`. The types in `Old` are known: their objects are passed to
// `New::code_change`. The state of any other handler is saved, and passed as a text.
template <class New, class Extra, class... Old>
class change_to final : public handler_change {
  static constexpr bool from_saved = changes_from<New, std::string, Extra>;
  static_assert(from_saved || sizeof...(Old) > 0,
                "wsx: the new handler needs a public static code_change(const wsx::old_version&, "
                "const Old&), or one of std::string_view, which takes the extra argument if there "
                "is one. If it is overloaded, name the types of old handlers: code_change<New, "
                "Old...>");
  static_assert((changes_from<New, Old, Extra> && ...),
                "wsx: code_change of the new handler must take (const wsx::old_version&, const "
                "Old&), and the extra argument if there is one");

 public:
  explicit change_to(Extra extra) : extra_(std::move(extra)) {}

  const handler_info& to() const noexcept override { return info_of<New>; }

  wsx::any_handler make(const wsx::any_handler& old, const old_version& from) override {
    return make_from<Old...>(old, from);
  }

 private:
  template <class... None>
  requires(sizeof...(None) == 0) wsx::any_handler
      make_from(const wsx::any_handler& old, const old_version& from) {
    if constexpr (from_saved) {
      return change_from<New>(from, saved_state(old, to().version), extra_);
    } else {
      throw std::system_error(errc::state_not_taken);
    }
  }
  template <class First, class... Rest>
  wsx::any_handler make_from(const wsx::any_handler& old, const old_version& from) {
    if (&handler_access::info(old) != &info_of<First>) return make_from<Rest...>(old, from);
    return change_from<New>(from, *static_cast<const First*>(handler_access::object(old)), extra_);
  }

  const Extra extra_;
};

// Which types of old handlers are known if the caller names none.
template <class New>
using old_handler = typename old_state<decltype(change_function<New>())>::type;

template <class New>
inline constexpr bool names_old_handler =
    std::is_class_v<old_handler<New>> && !std::convertible_to<const std::string&, old_handler<New>>;

template <class New, class... Old, class Extra>
std::unique_ptr<handler_change> make_change(Extra extra) {
  if constexpr (sizeof...(Old) == 0 && names_old_handler<New>) {
    return std::make_unique<change_to<New, Extra, old_handler<New>>>(std::move(extra));
  } else {
    return std::make_unique<change_to<New, Extra, Old...>>(std::move(extra));
  }
}

}  // namespace wsx::detail
