#pragma once

#include <wsx/detail/callbacks.hpp>
#include <wsx/frame.hpp>
#include <wsx/message.hpp>

#include <concepts>
#include <type_traits>

namespace wsx::detail {

// Converts to one type only.
template <class Frame>
struct exactly {
  template <std::same_as<Frame> T>
  operator T() const noexcept;  // NOLINT: converts by design
};

template <class... Args>
struct callback_of {
  template <class R, class C>
  static void find(R (C::*)(Args...));
  template <class R, class C>
  static void find_const(R (C::*)(Args...) const);
};

// Whether a handle_frame has exactly these parameters. Never true if one of them is a template
// parameter, which is unknown until it is instantiated.
template <class H, class... Args>
concept handles_frame_as = requires {
  callback_of<Args...>::find(&H::handle_frame);
}
|| requires {
  callback_of<Args...>::find_const(&H::handle_frame);
};

template <class H>
concept refers_to_message =
    handles_frame_as<H, const message&> || handles_frame_as<H, const message&, session&> ||
    handles_frame_as<H, message&&> || handles_frame_as<H, message&&, session&>;

// Whether handle_frame is called with a message for `Frame`, which is text or binary. A
// handle_frame that takes a message usually gets it by implicit conversion. If it is a coroutine
// that takes a reference, however, the message must live as long as the frame.
template <class H, class Frame>
constexpr bool as_message() {
  if constexpr (refers_to_message<H>) {
    return !has_callback<handle_frame_tag, H, exactly<Frame>>;
  } else {
    return false;
  }
}

template <class H, class Frame>
using frame_argument = std::conditional_t<as_message<H, Frame>(), message, Frame>;

}  // namespace wsx::detail
