#pragma once

#include <wsx/config.hpp>

#include <wsx/close_reason.hpp>
#include <wsx/detail/events.hpp>
#include <wsx/error.hpp>
#include <wsx/event.hpp>
#include <wsx/log.hpp>
#include <wsx/recording/flight_recorder.hpp>

#include <concepts>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace wsx {

namespace detail {

// What a flight recorder keeps of an event.

inline void record(flight_recorder& to, const event::frame_received& e) noexcept {
  to.frame({recording::frame_direction::received, e.op, e.fin, false, e.size}, e.payload);
}
inline void record(flight_recorder& to, const event::frame_sent& e) noexcept {
  to.frame({recording::frame_direction::sent, e.op, e.fin, e.compressed, e.size}, e.masked.size(),
           [&e](std::span<std::byte> place) { e.copy_payload(place); });
}
inline void record(flight_recorder& to, const event::connected& e) noexcept {
  to.connected(e.connection);
}
inline void record(flight_recorder& to, const event::disconnected& e) noexcept {
  to.ended(recording::ended::of::connection, e.reason);
}
inline void record(flight_recorder& to, const event::terminated& e) noexcept {
  to.ended(recording::ended::of::client, e.reason);
}
inline void record(flight_recorder& to, const event::handler_replaced& e) noexcept {
  to.handler_replaced(e.old_version, e.new_version);
}

template <class Event>
concept recordable = requires(flight_recorder& to, const Event& e) {
  record(to, e);
};

}  // namespace detail

/// A handler whose client is recorded, and that is otherwise `Handler`: its callbacks and
/// constructors are those of `Handler`, its `handle_event` included. See `flight_recorder`.
///
/// `on_error` is a file that gets a snapshot when the client ends for any reason but a normal end,
/// `abort` or its destructor. It is written on the strand, before `terminate` is called. If it
/// cannot be written, the log says so.
///
/// While a connection is replaced (`options::max_connection_age`), the frames of both are recorded,
/// but not which one each is for.
///
/// Threads: the recorder may be used from any thread, and may outlive the client. One recorder is
/// for one client at a time.
///
///     const auto recorder = std::make_shared<wsx::flight_recorder>();
///     wsx::client<wsx::recorded<feed>> client(io, std::in_place, feed(), recorder, "feed.wsxrec");
///     // Whenever something looks wrong, from any thread:
///     recorder->snapshot("now.wsxrec");
template <class Handler>
class recorded : public Handler {
  static_assert(detail::check_events<Handler>());

 public:
  using Handler::Handler;
  recorded() requires std::default_initializable<Handler>
  = default;

  explicit recorded(Handler handler) : Handler(std::move(handler)) {}
  recorded(Handler handler, std::shared_ptr<flight_recorder> recorder,
           std::filesystem::path on_error = {})
      : Handler(std::move(handler)),
        recorder_(std::move(recorder)),
        on_error_(std::move(on_error)) {}

  /// Returns the recorder. From any thread.
  std::shared_ptr<const flight_recorder> recorder() const noexcept { return recorder_; }

  template <class Event>
  requires detail::recordable<Event> || detail::observes<Handler, Event>
  void handle_event(const Event& e) {
    if constexpr (detail::recordable<Event>) detail::record(*recorder_, e);
    if constexpr (std::same_as<Event, event::terminated>) save(e.reason);
    if constexpr (detail::observes<Handler, Event>) static_cast<Handler&>(*this).handle_event(e);
  }

 private:
  void save(const close_reason& reason) const {
    if (on_error_.empty() || reason.normal() || reason.error == errc::aborted) return;
    try {
      recorder_->snapshot(on_error_);
    } catch (const std::exception& failed) {
      detail::log_report("no snapshot: " + std::string(failed.what()));
    }
  }

  std::shared_ptr<flight_recorder> recorder_ = std::make_shared<flight_recorder>();
  std::filesystem::path on_error_{};
};

}  // namespace wsx
