#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/any_handler.hpp>
#include <wsx/detail/callback_context.hpp>
#include <wsx/detail/callbacks.hpp>
#include <wsx/detail/check_handler.hpp>
#include <wsx/detail/events.hpp>
#include <wsx/detail/frame_argument.hpp>
#include <wsx/detail/handler_holder.hpp>
#include <wsx/protocol/incoming.hpp>

#include <asio/cancellation_state.hpp>
#include <asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace wsx::detail {

// Measures a callback for a handler that asks how long its callbacks take.
template <bool Asks>
class callback_watch {
 public:
  explicit callback_watch(callback_context& client) noexcept : begin_(client.now()) {}
  void returned(callback_context& client) const { client.tell_returned(begin_); }

 private:
  std::chrono::steady_clock::time_point begin_;
};

template <>
class callback_watch<false> {
 public:
  explicit callback_watch(callback_context&) noexcept {}
  void returned(callback_context&) const noexcept {}
};

template <class H>
using watch_for = callback_watch<observes<H, event::callback_returned>>;

// Calls a member and passes the answer that it returns, if any, to the engine. An exception fails
// the connection.
template <class Tag, class H, class Arg>
void run_callback(callback_context& client, H& handler, Arg&& arg) {
  const watch_for<H> watch(client);
  try {
    if constexpr (std::is_void_v<callback_result<Tag, H, Arg>>) {
      invoke<Tag>(handler, client.session(), std::forward<Arg>(arg));
    } else {
      const answer_t<Tag>& wanted = invoke<Tag>(handler, client.session(), std::forward<Arg>(arg));
      client.apply(wanted);
    }
  } catch (...) {
    client.failed(std::current_exception());
  }
  watch.returned(client);
}

// GCC treats the frame of a coroutine template as a type defined in a header, and warns if the
// user's handler is in an unnamed namespace.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

// A coroutine that the client awaits has its own cancellation state, as with `co_spawn`. Its
// settings, and an interruption, end with it.
template <class Tag, class H, class Arg>
asio::awaitable<void> await_callback(callback_context& client, H& handler, Arg arg) {
  co_await asio::this_coro::reset_cancellation_state();
  co_await asio::this_coro::throw_if_cancelled(true);
  const asio::cancellation_state own = co_await asio::this_coro::cancellation_state;
  client.waits(own.slot());
  const watch_for<H> watch(client);
  try {
    auto pending = invoke<Tag>(handler, client.session(), std::forward<Arg>(arg));
    if constexpr (std::is_void_v<typename unwrap_awaitable<decltype(pending)>::type>) {
      co_await std::move(pending);
    } else {
      const answer_t<Tag> wanted = co_await std::move(pending);
      client.apply(wanted);
    }
  } catch (...) {
    client.failed(std::current_exception());
  }
  client.finished();
  watch.returned(client);
  co_await asio::this_coro::throw_if_cancelled(false);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// A callback that is not a coroutine runs at once, and leaves nothing to await.
template <class Tag, class H, class Arg>
asio::awaitable<void> run_or_await(callback_context& client, H& handler, Arg&& arg) {
  if constexpr (has_callback<Tag, H, Arg>) client.count_callback();
  if constexpr (is_async_callback<Tag, H, Arg>()) {
    return await_callback<Tag, H, Arg>(client, handler, std::forward<Arg>(arg));
  } else {
    if constexpr (has_callback<Tag, H, Arg>)
      run_callback<Tag>(client, handler, std::forward<Arg>(arg));
    return {};
  }
}

// A handler behind its interface. `Handler` may be a std::reference_wrapper.
template <class Handler>
class handler_model final : public any_handler {
  using H = typename handler_holder<Handler>::type;
  static_assert(check_handler<H>());

  static constexpr bool fragments = has_callback<handle_fragment_tag, H, fragment>;
  static constexpr bool async = is_async_callback<handle_frame_tag, H, text>() ||
                                is_async_callback<handle_frame_tag, H, binary>() ||
                                is_async_callback<handle_fragment_tag, H, fragment>() ||
                                is_async_callback<handle_ping_tag, H, ping>() ||
                                is_async_callback<handle_pong_tag, H, pong>();

 public:
  template <class... Args>
  explicit handler_model(std::in_place_t, Args&&... args)
      : held_(std::in_place, std::forward<Args>(args)...) {}

  H& handler() noexcept { return held_.get(); }

  // RFC 6455 7.4.1: an endpoint that accepts only text may answer binary with 1003, and vice versa.
  protocol::reception reception() const noexcept override {
    return {.how = fragments ? protocol::delivery::fragments : protocol::delivery::messages,
            .text = has_callback<handle_frame_tag, H, frame_argument<H, text>>,
            .binary = has_callback<handle_frame_tag, H, frame_argument<H, binary>>,
            .pings = has_callback<handle_ping_tag, H, ping>,
            .pongs = has_callback<handle_pong_tag, H, pong>};
  }

  bool receives_async() const noexcept override { return async; }

  void receive(callback_context& client, protocol::incoming& input) override {
    if constexpr (!async) {
      while (!client.stopped()) {
        const auto event = input.next();
        if (event == protocol::event::need_input) return;
        on_event(input, event, [&]<class Tag, class Arg>(Tag, Arg arg) {
          if constexpr (has_callback<Tag, H, Arg>)
            run_callback<Tag>(client, handler(), std::move(arg));
        });
      }
    }
  }

  asio::awaitable<void> receive_async(callback_context& client,
                                      protocol::incoming& input) override {
    if constexpr (async) {
      return await_all(client, input);
    } else {
      return nothing();
    }
  }

  asio::awaitable<void> init(callback_context& client, const connection_info& info) override {
    return run_or_await<init_tag, H, const connection_info&>(client, handler(), info);
  }

  asio::awaitable<void> handle_connect(callback_context& client,
                                       const connection_info& info) override {
    return run_or_await<handle_connect_tag, H, const connection_info&>(client, handler(), info);
  }

  asio::awaitable<void> handle_disconnect(callback_context& client,
                                          const disconnect& what) override {
    return run_or_await<handle_disconnect_tag, H, const disconnect&>(client, handler(), what);
  }

  asio::awaitable<void> terminate(callback_context& client, const close_reason& reason) override {
    return run_or_await<terminate_tag, H, const close_reason&>(client, handler(), reason);
  }
  std::string format_status() const override {
    if constexpr (format_status_tag::named<H>()) {
      return held_.get().format_status();
    } else {
      return {};
    }
  }

  event_set events() const noexcept override { return observed_events<H>(); }

  void handle_event(any_event e) override {
    if constexpr (observed_events<H>() != 0) pass_event(handler(), e);
  }

 private:
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
  asio::awaitable<void> await_all(callback_context& client, protocol::incoming& input) {
    while (!client.stopped()) {
      const auto event = input.next();
      if (event == protocol::event::need_input) co_return;
      asio::awaitable<void> pending;
      on_event(input, event, [&]<class Tag, class Arg>(Tag, Arg arg) {
        if constexpr (is_async_callback<Tag, H, Arg>())
          pending = await_callback<Tag, H, Arg>(client, handler(), arg);
        else if constexpr (has_callback<Tag, H, Arg>)
          run_callback<Tag>(client, handler(), std::move(arg));
      });
      if (pending.valid()) co_await std::move(pending);
    }
  }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

  // Calls `call` with the callback's tag and the argument for one event.
  template <class Call>
  static void on_event(protocol::incoming& input, protocol::event event, Call call) {
    using enum protocol::event;
    switch (event) {
      case text:
        return call(handle_frame_tag(),
                    frame_argument<H, wsx::text>(wsx::text{as_chars(input.payload())}));
      case binary:
        return call(handle_frame_tag(),
                    frame_argument<H, wsx::binary>(wsx::binary(input.payload())));
      case fragment:
        return call(handle_fragment_tag(), wsx::fragment{input.message_kind(), input.first(),
                                                         input.last(), input.payload()});
      case ping: return call(handle_ping_tag(), wsx::ping(input.payload()));
      case pong: return call(handle_pong_tag(), wsx::pong(input.payload()));
      case need_input: return;
    }
  }

  handler_holder<Handler> held_;
};

}  // namespace wsx::detail
