#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/events.hpp>
#include <wsx/trace.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace wsx {

namespace detail {

// An event that has a line.
template <class Event>
concept has_line = requires(const Event& e, const trace_options& how) {
  { event::to_string(e, how) } -> std::same_as<std::string>;
};

// A sink may also take the event, and then only those that it wants.
template <class Sink, class Event>
concept takes_line_of = has_line<Event> && std::invocable<Sink&, std::string_view, const Event&>;

template <class Sink, class Event>
concept logs = takes_line_of<Sink, Event> ||
    (has_line<Event>&& std::invocable<Sink&, std::string_view>);

}  // namespace detail

/// A handler that writes a line per event, and is otherwise `Handler`: its callbacks and
/// constructors are those of `Handler`, its `handle_event` included. The lines are those of a
/// trace: see `trace_options`.
///
/// `Sink` is called on the client's strand with a line, or with a line and its event. A sink that
/// takes the event may choose: only the events that it accepts are logged, and only they have a
/// cost. An exception of it is one of `handle_event`.
///
///     struct to_clog {
///       void operator()(std::string_view line) const { std::clog << line << '\n'; }
///     };
///     using logged_feed = wsx::logged<feed, to_clog>;
template <class Handler, class Sink>
class logged : public Handler {
  static_assert(detail::check_events<Handler>());

 public:
  using Handler::Handler;
  logged() requires std::default_initializable<Handler> && std::default_initializable<Sink>
  = default;

  explicit logged(Handler handler) : Handler(std::move(handler)) {}
  logged(Handler handler, Sink sink) : Handler(std::move(handler)), sink_(std::move(sink)) {}
  logged(Handler handler, Sink sink, const trace_options& how)
      : Handler(std::move(handler)), sink_(std::move(sink)), how_(how) {}

  template <class Event>
  requires detail::logs<Sink, Event> || detail::observes<Handler, Event>
  void handle_event(const Event& e) {
    if constexpr (detail::takes_line_of<Sink, Event>) {
      sink_(std::string_view(event::to_string(e, how_)), e);
    } else if constexpr (detail::logs<Sink, Event>) {
      sink_(std::string_view(event::to_string(e, how_)));
    }
    if constexpr (detail::observes<Handler, Event>) static_cast<Handler&>(*this).handle_event(e);
  }

 private:
  [[no_unique_address]] Sink sink_{};
  trace_options how_{};
};

}  // namespace wsx
