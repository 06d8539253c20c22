#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/callback_context.hpp>
#include <wsx/detail/callbacks.hpp>
#include <wsx/detail/handler_model.hpp>

#include <asio/awaitable.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace wsx {

/// The messages that a handler takes, for a client that does not know the handler's type. See
/// `any_handler`.
template <class... Messages>
struct message_types {};

}  // namespace wsx

namespace wsx::detail {

// A callback for messages of one type, without the handler's type. At most one is set.
struct message_call {
  using plain = void (*)(callback_context& client, void* handler, void* message);
  using awaited = asio::awaitable<void> (*)(callback_context& client, void* handler, void* message);

  plain run = nullptr;
  awaited await = nullptr;  // it is a coroutine

  constexpr explicit operator bool() const noexcept { return run != nullptr || await != nullptr; }
};

struct message_entry {
  const std::type_info* type;
  std::size_t size;
  message_call cast;
  message_call info;
};

// The message that a member function takes. None for an overload set, which has no type.
template <class Member>
struct messages_of_member {
  using type = message_types<>;
};
template <class R, class H, class M>
struct messages_of_member<R (H::*)(M)> {
  using type = message_types<std::remove_cvref_t<M>>;
};
template <class R, class H, class M>
struct messages_of_member<R (H::*)(M, session&)> : messages_of_member<R (H::*)(M)> {};
template <class R, class H, class... Args>
struct messages_of_member<R (H::*)(Args...) const> : messages_of_member<R (H::*)(Args...)> {};
template <class R, class H, class... Args>
struct messages_of_member<R (H::*)(Args...) noexcept> : messages_of_member<R (H::*)(Args...)> {};
template <class R, class H, class... Args>
struct messages_of_member<R (H::*)(Args...) const noexcept>
    : messages_of_member<R (H::*)(Args...)> {};

template <class H>
constexpr auto member_for_casts() noexcept {
  if constexpr (requires { &H::handle_cast; }) return &H::handle_cast;
}
template <class H>
constexpr auto member_for_infos() noexcept {
  if constexpr (requires { &H::handle_info; }) return &H::handle_info;
}

template <class... Messages>
void is_list(message_types<Messages...>);

template <class H>
struct listed_messages {
  using type = message_types<>;
};
template <class H>
requires requires {
  is_list(typename H::messages());
}
struct listed_messages<H> {
  using type = typename H::messages;
};

template <class H>
using cast_messages = typename messages_of_member<decltype(member_for_casts<H>())>::type;
template <class H>
using info_messages = typename messages_of_member<decltype(member_for_infos<H>())>::type;

template <class Tag, class H, class M>
void run_message(callback_context& client, void* handler, void* message) {
  run_callback<Tag>(client, *static_cast<H*>(handler), std::move(*static_cast<M*>(message)));
}

template <class Tag, class H, class M>
asio::awaitable<void> await_message(callback_context& client, void* handler, void* message) {
  return run_or_await<Tag, H, M&&>(client, *static_cast<H*>(handler),
                                   std::move(*static_cast<M*>(message)));
}

template <class Tag, class H, class M>
constexpr message_call message_call_of() noexcept {
  static_assert(returns_well<Tag, H, M&&, action>(),
                "wsx: handle_cast and handle_info must return void, wsx::action, or an awaitable "
                "of either");
  if constexpr (is_async_callback<Tag, H, M&&>()) {
    return {.await = &await_message<Tag, H, M>};
  } else if constexpr (has_callback<Tag, H, M&&>) {
    return {.run = &run_message<Tag, H, M>};
  } else {
    return {};
  }
}

template <class H, class M>
constexpr message_entry entry_of() noexcept {
  static_assert(has_callback<handle_cast_tag, H, M&&> || has_callback<handle_info_tag, H, M&&>,
                "wsx: the handler has no handle_cast and no handle_info for one of the types in "
                "its list of messages, or it is not public");
  return {&typeid(M), sizeof(M), message_call_of<handle_cast_tag, H, M>(),
          message_call_of<handle_info_tag, H, M>()};
}

template <class H, class... Listed, class... Cast, class... Info>
constexpr auto make_message_table(message_types<Listed...>, message_types<Cast...>,
                                  message_types<Info...>) noexcept {
  constexpr bool lists = sizeof...(Listed) > 0;
  static_assert(
      (lists || sizeof...(Cast) > 0 || !handle_cast_tag::named<H>()) &&
          (lists || sizeof...(Info) > 0 || !handle_info_tag::named<H>()),
      "wsx: a handler of any_handler with several handle_cast or handle_info must list the types "
      "of its messages: using messages = wsx::message_types<...>");
  constexpr std::size_t count = sizeof...(Listed) + sizeof...(Cast) + sizeof...(Info);
  return std::array<message_entry, count>{entry_of<H, Listed>()..., entry_of<H, Cast>()...,
                                          entry_of<H, Info>()...};
}

template <class H>
inline constexpr auto message_table = make_message_table<H>(typename listed_messages<H>::type(),
                                                            cast_messages<H>(), info_messages<H>());

}  // namespace wsx::detail
