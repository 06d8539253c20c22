#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/detail/callbacks.hpp>
#include <wsx/detail/events.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/frame.hpp>

#include <concepts>
#include <string>

namespace wsx::detail {

// The result of callbacks that must return void.
struct no_result {};

template <class Tag, class H, class Arg>
inline constexpr bool misnamed = Tag::template named<H>() && !has_callback<Tag, H, Arg>;

template <class Tag, class H, class Arg>
inline constexpr bool gives_action = returns_well<Tag, H, Arg, action>();

template <class H>
constexpr bool check_messages() {
  constexpr bool takes_text = has_callback<handle_frame_tag, H, text>;
  constexpr bool takes_binary = has_callback<handle_frame_tag, H, binary>;
  constexpr bool takes_fragments = has_callback<handle_fragment_tag, H, fragment>;

  static_assert(
      !handle_frame_tag::named<H>() || takes_text || takes_binary,
      "wsx: handle_frame must take wsx::text, wsx::binary or wsx::message (and may take a "
      "wsx::session& after it), and must be public");
  static_assert(!misnamed<handle_fragment_tag, H, fragment>,
                "wsx: handle_fragment must take wsx::fragment (and may take a wsx::session& after "
                "it), and must be public");
  static_assert(
      takes_text || takes_binary || takes_fragments || handle_frame_tag::named<H>() ||
          handle_fragment_tag::named<H>(),
      "wsx: a handler needs a handle_frame or a handle_fragment that is public. The callbacks are "
      "init, handle_connect, handle_frame, handle_fragment, handle_ping, handle_pong, "
      "handle_cast, handle_info, handle_disconnect, terminate and handle_event");
  static_assert(!takes_fragments || !(takes_text || takes_binary),
                "wsx: with handle_fragment messages are not assembled: handle_frame would never "
                "be called");
  static_assert(
      gives_action<handle_frame_tag, H, text> && gives_action<handle_frame_tag, H, binary>,
      "wsx: handle_frame must return void, wsx::action, or an awaitable of either");
  static_assert(gives_action<handle_fragment_tag, H, fragment>,
                "wsx: handle_fragment must return void, wsx::action, or an awaitable of either");
  return true;
}

template <class H>
constexpr bool check_control_frames() {
  static_assert(!misnamed<handle_ping_tag, H, ping>,
                "wsx: handle_ping must take wsx::ping (and may take a wsx::session& after it), "
                "and must be public");
  static_assert(gives_action<handle_ping_tag, H, ping>,
                "wsx: handle_ping must return void, wsx::action, or an awaitable of either");
  static_assert(!misnamed<handle_pong_tag, H, pong>,
                "wsx: handle_pong must take wsx::pong (and may take a wsx::session& after it), "
                "and must be public");
  static_assert(gives_action<handle_pong_tag, H, pong>,
                "wsx: handle_pong must return void, wsx::action, or an awaitable of either");
  return true;
}

template <class H>
constexpr bool check_mail() {
  static_assert(handle_cast_tag::fits_messages<H>(),
                "wsx: handle_cast must take a message by value, const& or && (and may take a "
                "wsx::session& after it), and must be public");
  static_assert(handle_info_tag::fits_messages<H>(),
                "wsx: handle_info must take a message by value, const& or && (and may take a "
                "wsx::session& after it), and must be public");
  return true;
}

template <class H>
constexpr bool check_life() {
  static_assert(!misnamed<init_tag, H, const connection_info&>,
                "wsx: init must take const wsx::connection_info& (and may take a wsx::session& "
                "after it), and must be public");
  static_assert(gives_action<init_tag, H, const connection_info&>,
                "wsx: init must return void, wsx::action, or an awaitable of either");
  static_assert(!misnamed<handle_connect_tag, H, const connection_info&>,
                "wsx: handle_connect must take const wsx::connection_info& (and may take a "
                "wsx::session& after it), and must be public");
  static_assert(gives_action<handle_connect_tag, H, const connection_info&>,
                "wsx: handle_connect must return void, wsx::action, or an awaitable of either");
  static_assert(!misnamed<handle_disconnect_tag, H, const disconnect&>,
                "wsx: handle_disconnect must take const wsx::disconnect& (and may take a "
                "wsx::session& after it), and must be public");
  static_assert(returns_well<handle_disconnect_tag, H, const disconnect&, disconnect_decision>(),
                "wsx: handle_disconnect must return void, wsx::disconnect_decision, or an "
                "awaitable of either");
  static_assert(!misnamed<terminate_tag, H, const close_reason&>,
                "wsx: terminate must take const wsx::close_reason& (and may take a wsx::session& "
                "after it), and must be public");
  static_assert(returns_well<terminate_tag, H, const close_reason&, no_result>(),
                "wsx: terminate must return void, or an awaitable of it");
  static_assert(
      !format_status_tag::named<H>() ||
          requires(const H& handler) {
            { handler.format_status() } -> std::convertible_to<std::string>;
          },
      "wsx: format_status must be const, take nothing and return a string, and must be public");
  return true;
}

// Reports at compile time what is wrong with a handler, by the callback's name.
template <class H>
constexpr bool check_handler() {
  return check_messages<H>() && check_control_frames<H>() && check_mail<H>() && check_life<H>() &&
         check_events<H>();
}

}  // namespace wsx::detail
