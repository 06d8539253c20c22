#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/session.hpp>

#include <asio/awaitable.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace wsx::detail {

// Whether a member function can be a callback for messages of the user's types. Anything but a
// plain function is not checked: an overload set has no type.
template <class Member>
struct message_signature {
  static constexpr bool fits = true;
};
template <class R, class H, class... Args>
struct message_signature<R (H::*)(Args...)> {
  static constexpr bool fits = false;
};
template <class R, class H, class M>
struct message_signature<R (H::*)(M)> {
  static constexpr bool fits =
      !std::is_lvalue_reference_v<M> || std::is_const_v<std::remove_reference_t<M>>;
};
template <class R, class H, class M>
struct message_signature<R (H::*)(M, session&)> : message_signature<R (H::*)(M)> {};
template <class R, class H, class... Args>
struct message_signature<R (H::*)(Args...) const> : message_signature<R (H::*)(Args...)> {};
template <class R, class H, class... Args>
struct message_signature<R (H::*)(Args...) noexcept> : message_signature<R (H::*)(Args...)> {};
template <class R, class H, class... Args>
struct message_signature<R (H::*)(Args...) const noexcept> : message_signature<R (H::*)(Args...)> {
};

// How the members of a handler are found. Each callback has a tag type, which calls the member with
// the callback's name. It also checks whether the handler has any member with that name, whatever
// its signature. A member that can't be called is an error and never ignored.

#define WSX_DETAIL_CALLBACK(NAME)                                                               \
  struct NAME##_tag {                                                                           \
    template <class H, class... Args>                                                           \
    static auto call(H& handler, Args&&... args)                                                \
        -> decltype(handler.NAME(std::forward<Args>(args)...)) {                                \
      return handler.NAME(std::forward<Args>(args)...);                                         \
    }                                                                                           \
    struct same_name {                                                                          \
      void NAME();                                                                              \
    };                                                                                          \
    template <class H>                                                                          \
    struct both : H, same_name {};                                                              \
    template <class H>                                                                          \
    static constexpr bool named() {                                                             \
      /* In a class that inherits the name twice it is ambiguous: so the handler has it too. */ \
      if constexpr (std::is_final_v<H>) {                                                       \
        return requires {                                                                       \
          &H::NAME;                                                                             \
        };                                                                                      \
      } else {                                                                                  \
        return !requires {                                                                      \
          &both<H>::NAME;                                                                       \
        };                                                                                      \
      }                                                                                         \
    }                                                                                           \
    template <class H>                                                                          \
    static constexpr bool fits_messages() {                                                     \
      if constexpr (requires { &H::NAME; }) {                                                   \
        return message_signature<decltype(&H::NAME)>::fits;                                     \
      } else {                                                                                  \
        return true;                                                                            \
      }                                                                                         \
    }                                                                                           \
  }

WSX_DETAIL_CALLBACK(init);
WSX_DETAIL_CALLBACK(handle_connect);
WSX_DETAIL_CALLBACK(handle_frame);
WSX_DETAIL_CALLBACK(handle_fragment);
WSX_DETAIL_CALLBACK(handle_ping);
WSX_DETAIL_CALLBACK(handle_pong);
WSX_DETAIL_CALLBACK(handle_cast);
WSX_DETAIL_CALLBACK(handle_info);
WSX_DETAIL_CALLBACK(handle_disconnect);
WSX_DETAIL_CALLBACK(terminate);
WSX_DETAIL_CALLBACK(format_status);
WSX_DETAIL_CALLBACK(handle_event);

#undef WSX_DETAIL_CALLBACK

template <class Tag, class H, class Arg>
concept callable_alone = requires(H& handler, Arg arg) {
  Tag::call(handler, std::forward<Arg>(arg));
};

template <class Tag, class H, class Arg>
concept callable_with_session = requires(H& handler, Arg arg, session& s) {
  Tag::call(handler, std::forward<Arg>(arg), s);
};

template <class Tag, class H, class Arg>
concept has_callback = callable_alone<Tag, H, Arg> || callable_with_session<Tag, H, Arg>;

// Calls the member, with the session if it takes one.
template <class Tag, class H, class Arg>
decltype(auto) invoke(H& handler, session& s, Arg&& arg) {
  if constexpr (callable_with_session<Tag, H, Arg>) {
    return Tag::call(handler, std::forward<Arg>(arg), s);
  } else {
    return Tag::call(handler, std::forward<Arg>(arg));
  }
}

template <class Tag, class H, class Arg>
using callback_result =
    decltype(invoke<Tag>(std::declval<H&>(), std::declval<session&>(), std::declval<Arg>()));

template <class T>
struct unwrap_awaitable {
  using type = T;
  static constexpr bool awaits = false;
};
template <class T, class Executor>
struct unwrap_awaitable<asio::awaitable<T, Executor>> {
  using type = T;
  static constexpr bool awaits = true;
};

// Returns whether the member exists and is a coroutine.
template <class Tag, class H, class Arg>
constexpr bool is_async_callback() {
  if constexpr (has_callback<Tag, H, Arg>) {
    return unwrap_awaitable<callback_result<Tag, H, Arg>>::awaits;
  } else {
    return false;
  }
}

// What a callback's result is for the client, unless it is void.
template <class Tag>
struct answer {
  using type = action;
};
template <>
struct answer<handle_disconnect_tag> {
  using type = disconnect_decision;
};
template <class Tag>
using answer_t = typename answer<Tag>::type;

// Returns whether the result is void, `Result`, or an awaitable of either.
template <class Tag, class H, class Arg, class Result>
constexpr bool returns_well() {
  if constexpr (has_callback<Tag, H, Arg>) {
    using type = typename unwrap_awaitable<callback_result<Tag, H, Arg>>::type;
    return std::is_void_v<type> || std::convertible_to<type, Result>;
  } else {
    return true;
  }
}

}  // namespace wsx::detail
