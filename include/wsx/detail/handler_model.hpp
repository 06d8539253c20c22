#pragma once

#include <wsx/detail/any_handler.hpp>
#include <wsx/detail/callbacks.hpp>
#include <wsx/detail/check_handler.hpp>
#include <wsx/detail/engine.hpp>
#include <wsx/detail/frame_argument.hpp>
#include <wsx/detail/handler_holder.hpp>
#include <wsx/error.hpp>

#include <exception>
#include <utility>

namespace wsx::detail {

// Calls one member, whatever it returns, and hands its action to the engine. An exception fails
// the connection.
template <class Tag, class H, class Arg>
void run_callback(engine& e, H& handler, Arg&& arg) {
  try {
    if constexpr (std::is_void_v<callback_result<Tag, H, Arg>>) {
      invoke<Tag>(handler, e.for_handler(), std::forward<Arg>(arg));
    } else {
      e.apply(invoke<Tag>(handler, e.for_handler(), std::forward<Arg>(arg)));
    }
  } catch (...) {
    e.callback_threw(std::current_exception());
  }
}

// GCC takes the frame of a coroutine template for a type that a header defines, and warns if the
// user's handler is in an unnamed namespace.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

template <class Tag, class H, class Arg>
asio::awaitable<void> await_callback(engine& e, H& handler, Arg arg) {
  try {
    auto pending = invoke<Tag>(handler, e.for_handler(), std::forward<Arg>(arg));
    if constexpr (std::is_void_v<typename unwrap_awaitable<decltype(pending)>::type>) {
      co_await std::move(pending);
    } else {
      const action wanted = co_await std::move(pending);
      e.apply(wanted);
    }
  } catch (...) {
    e.callback_threw(std::current_exception());
  }
}

template <class H>
asio::awaitable<disconnect_decision> await_decision(engine& e, H& handler, const disconnect& what) {
  auto pending = invoke<handle_disconnect_tag>(handler, e.for_handler(), what);
  if constexpr (std::is_void_v<typename unwrap_awaitable<decltype(pending)>::type>) {
    co_await std::move(pending);
    co_return stop();
  } else {
    co_return co_await std::move(pending);
  }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// Either of the two: a callback that is no coroutine runs at once, and leaves nothing to await.
template <class Tag, class H, class Arg>
asio::awaitable<void> run_or_await(engine& e, H& handler, Arg&& arg) {
  if constexpr (is_async_callback<Tag, H, Arg>()) {
    return await_callback<Tag, H, Arg>(e, handler, std::forward<Arg>(arg));
  } else {
    if constexpr (has_callback<Tag, H, Arg>) run_callback<Tag>(e, handler, std::forward<Arg>(arg));
    return {};
  }
}

// A handler behind the port that the engine knows. `Handler` may be a std::reference_wrapper.
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

  protocol::delivery delivery() const noexcept override {
    return fragments ? protocol::delivery::fragments : protocol::delivery::messages;
  }

  bool receives_async() const noexcept override { return async; }

  void receive(engine& e, protocol::message_assembler& input) override {
    if constexpr (!async) {
      while (e.receiving()) {
        const auto event = input.next();
        if (event == protocol::receive_event::need_input) return;
        on_event(e, input, event, [&]<class Tag, class Arg>(Tag, Arg arg) {
          if constexpr (has_callback<Tag, H, Arg>)
            run_callback<Tag>(e, handler(), std::move(arg));
          else
            by_default(e, arg);
        });
      }
    }
  }

  asio::awaitable<void> receive_async(engine& e, protocol::message_assembler& input) override {
    if constexpr (async) {
      return await_all(e, input);
    } else {
      return nothing();
    }
  }

  asio::awaitable<void> init(engine& e, const connection_info& info) override {
    return run_or_await<init_tag, H, const connection_info&>(e, handler(), info);
  }

  asio::awaitable<void> handle_connect(engine& e, const connection_info& info) override {
    return run_or_await<handle_connect_tag, H, const connection_info&>(e, handler(), info);
  }

  asio::awaitable<disconnect_decision> handle_disconnect(engine& e,
                                                         const disconnect& what) override {
    using tag = handle_disconnect_tag;
    if constexpr (is_async_callback<tag, H, const disconnect&>()) {
      return await_decision(e, handler(), what);
    } else if constexpr (!has_callback<tag, H, const disconnect&>) {
      return decided(stop());
    } else if constexpr (std::is_void_v<callback_result<tag, H, const disconnect&>>) {
      invoke<tag>(handler(), e.for_handler(), what);
      return decided(stop());
    } else {
      return decided(invoke<tag>(handler(), e.for_handler(), what));
    }
  }

  asio::awaitable<void> terminate(engine& e, const close_reason& reason) override {
    return run_or_await<terminate_tag, H, const close_reason&>(e, handler(), reason);
  }

 private:
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
  asio::awaitable<void> await_all(engine& e, protocol::message_assembler& input) {
    while (e.receiving()) {
      const auto event = input.next();
      if (event == protocol::receive_event::need_input) co_return;
      asio::awaitable<void> pending;
      on_event(e, input, event, [&]<class Tag, class Arg>(Tag, Arg arg) {
        if constexpr (is_async_callback<Tag, H, Arg>())
          pending = await_callback<Tag, H, Arg>(e, handler(), arg);
        else if constexpr (has_callback<Tag, H, Arg>)
          run_callback<Tag>(e, handler(), std::move(arg));
        else
          by_default(e, arg);
      });
      if (pending.valid()) co_await std::move(pending);
    }
  }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

  // Tells `call` the callback and its argument for one event.
  template <class Call>
  static void on_event(engine& e, protocol::message_assembler& input, protocol::receive_event event,
                       Call call) {
    using enum protocol::receive_event;
    switch (event) {
      case text:
        e.received_message();
        return call(handle_frame_tag(),
                    frame_argument<H, wsx::text>(wsx::text{as_chars(input.payload())}));
      case binary:
        e.received_message();
        return call(handle_frame_tag(),
                    frame_argument<H, wsx::binary>(wsx::binary(input.payload())));
      case fragment:
        if (input.last()) e.received_message();
        return call(handle_fragment_tag(), wsx::fragment{input.message_kind(), input.first(),
                                                         input.last(), input.payload()});
      case ping: return call(handle_ping_tag(), wsx::ping(input.payload()));
      case pong:
        e.received_pong(input.payload());
        return call(handle_pong_tag(), wsx::pong(input.payload()));
      case close: return e.received_close(input.close());
      case violation: return e.violated(input);
      case need_input: return;
    }
  }

  // What happens where the handler has no such callback.
  static void by_default(engine& e, const ping& p) {
    e.answer_ping(p.payload);
  }
  static void by_default(engine&, const pong&) {}
  // RFC 6455 7.4.1: an endpoint that takes only text may say 1003 to binary, and the reverse.
  static void by_default(engine& e, const text&) {
    e.fail(errc::unsupported_data, "text, and there is no handle_frame(wsx::text)");
  }
  static void by_default(engine& e, const binary&) {
    e.fail(errc::unsupported_data, "binary, and there is no handle_frame(wsx::binary)");
  }
  static void by_default(engine&, const fragment&) {}

  handler_holder<Handler> held_;
};

}  // namespace wsx::detail
