#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/callbacks.hpp>
#include <wsx/event.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>

namespace wsx::detail {

template <class... Events>
using one_event = std::variant<const Events*...>;

// Any event. Never null.
using any_event =
    one_event<event::attempt_started, event::attempt_failed, event::connected, event::closing,
              event::disconnected, event::frame_sent, event::frame_received, event::queue_full,
              event::keepalive_answered, event::reconnect_scheduled, event::handler_replaced,
              event::suspended, event::resumed, event::terminated, event::callback_returned,
              event::queue_sampled>;

// A set of event types: bits by the index in `any_event`.
using event_set = std::uint32_t;

template <class Event>
inline constexpr std::size_t event_index = [] {
  return []<class... Events>(std::type_identity<one_event<Events...>>) {
    std::size_t index = 0;
    static_cast<void>(((std::same_as<Event, Events> || (++index, false)) || ...));
    return index;
  }(std::type_identity<any_event>());
}();

template <class Event>
inline constexpr event_set event_bit = event_set{1} << event_index<Event>;

// Whether a handler takes an event of this type.
template <class H, class Event>
concept observes = callable_alone<handle_event_tag, H, const Event&>;

// Returns the events that a handler takes.
template <class H>
constexpr event_set observed_events() {
  return []<class... Events>(std::type_identity<one_event<Events...>>) {
    return ((observes<H, Events> ? event_bit<Events> : event_set{0}) | ...);
  }(std::type_identity<any_event>());
}

// Returns whether `handle_event` returns void for each event that the handler takes.
template <class H>
constexpr bool events_return_void() {
  constexpr auto fits = []<class Event>(std::type_identity<Event>) {
    if constexpr (observes<H, Event>) {
      using result =
          decltype(handle_event_tag::call(std::declval<H&>(), std::declval<const Event&>()));
      return std::is_void_v<result>;
    } else {
      return true;
    }
  };
  return [fits]<class... Events>(std::type_identity<one_event<Events...>>) {
    return (fits(std::type_identity<Events>()) && ...);
  }(std::type_identity<any_event>());
}

template <class H>
constexpr bool check_events() {
  static_assert(
      !handle_event_tag::named<H>() || observed_events<H>() != 0,
      "wsx: handle_event must take one of the events of namespace wsx::event, and nothing "
      "else, and must be public");
  static_assert(events_return_void<H>(), "wsx: handle_event must return void");
  return true;
}

// Calls the handler with the event, if it takes it.
template <class H>
void pass_event(H& handler, any_event e) {
  std::visit(
      [&handler]<class Event>(const Event* each) {
        if constexpr (observes<H, Event>) handler.handle_event(*each);
      },
      e);
}

}  // namespace wsx::detail
