#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/events.hpp>
#include <wsx/metrics.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace wsx {

/// A handler that counts what happens to its client, and is otherwise `Handler`: its callbacks and
/// constructors are those of `Handler`, its `handle_event` included. It counts on the client's
/// strand and never waits; any thread may read.
///
///     wsx::client<wsx::metered<feed>> client(io);
///     const std::shared_ptr<const wsx::metrics> counts = client.handler().metrics();
///     // From any thread, whenever it is asked for:
///     std::cout << wsx::to_prometheus(*counts, {{"venue", "kraken"}});
///
/// Not measured: how long a callback takes for a message that `Handler` has posted to itself
/// through its session.
template <class Handler>
class metered : public Handler {
  static_assert(detail::check_events<Handler>());

 public:
  using Handler::Handler;
  metered() requires std::default_initializable<Handler>
  = default;

  explicit metered(Handler handler) : Handler(std::move(handler)) {}

  /// `counts`: those of clients before this one, or of others, whose sum they then are.
  metered(Handler handler, std::shared_ptr<wsx::metrics> counts)
      : Handler(std::move(handler)), metrics_(std::move(counts)) {}

  /// Returns the counters, which may outlive the client. From any thread.
  std::shared_ptr<const wsx::metrics> metrics() const noexcept { return metrics_; }

  template <class Event>
  requires detail::counted<Event> || detail::observes<Handler, Event>
  void handle_event(const Event& e) {
    if constexpr (detail::counted<Event>) metrics_->count(e);
    if constexpr (detail::observes<Handler, Event>) static_cast<Handler&>(*this).handle_event(e);
  }

 private:
  std::shared_ptr<wsx::metrics> metrics_ = std::make_shared<wsx::metrics>();
};

}  // namespace wsx
