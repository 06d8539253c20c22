#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/detail/callbacks.hpp>
#include <wsx/detail/check_handler.hpp>
#include <wsx/detail/frame_argument.hpp>
#include <wsx/detail/offload_ref.hpp>
#include <wsx/frame.hpp>
#include <wsx/message.hpp>
#include <wsx/session.hpp>
#include <wsx/worker_session.hpp>

#include <asio/awaitable.hpp>

#include <concepts>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// How workers call the members of an offloaded handler.

namespace wsx::detail {

template <class H, class Arg>
concept works_alone = requires(H& handler, Arg arg) {
  handler.handle_frame(std::forward<Arg>(arg));
};

template <class H, class Arg>
concept works_with_session = requires(H& handler, Arg arg, worker_session& s) {
  handler.handle_frame(std::forward<Arg>(arg), s);
};

template <class H, class Arg>
concept works = works_alone<H, Arg> || works_with_session<H, Arg>;

// Text and binary take precedence over a message. See `frame_argument`: here the message always
// lives long enough.
template <class H, class Frame>
using work_argument = std::conditional_t<works<H, exactly<Frame>>, Frame, message>;

template <class H, class Frame>
concept works_on = works<H, work_argument<H, Frame>>;

template <class H, class Arg>
decltype(auto) invoke_work(H& handler, worker_session& s, Arg&& arg) {
  if constexpr (works_with_session<H, Arg>) {
    return handler.handle_frame(std::forward<Arg>(arg), s);
  } else {
    return handler.handle_frame(std::forward<Arg>(arg));
  }
}

template <class H, class Arg>
using work_result =
    decltype(invoke_work(std::declval<H&>(), std::declval<worker_session&>(), std::declval<Arg>()));

template <class H, class Frame>
constexpr bool work_returns_well() {
  if constexpr (works_on<H, Frame>) {
    using type = typename unwrap_awaitable<work_result<H, work_argument<H, Frame>>>::type;
    return std::is_void_v<type> || std::convertible_to<type, action>;
  } else {
    return true;
  }
}

template <class H>
constexpr bool check_worker_callbacks() {
  static_assert(!std::is_final_v<H>,
                "wsx: an offloaded handler is a base class: it can't be final");
  static_assert(
      works_on<H, text> || works_on<H, binary>,
      "wsx: the handle_frame of an offloaded handler must take wsx::text, wsx::binary or "
      "wsx::message (and may take a wsx::worker_session& after it, but no wsx::session&), "
      "and must be public");
  static_assert(work_returns_well<H, text>() && work_returns_well<H, binary>(),
                "wsx: handle_frame must return void, wsx::action, or an awaitable of either");
  static_assert(!handle_fragment_tag::named<H>(),
                "wsx: an offloaded handler takes whole messages: it can't have a handle_fragment");
  return check_control_frames<H>() && check_mail<H>() && check_life<H>();
}

// GCC: see handler_model.hpp.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

template <class H, class Arg>
asio::awaitable<action> await_work(H& handler, offload_job& job, Arg arg) {
  auto pending = invoke_work(handler, job.session(), std::move(arg));
  if constexpr (std::is_void_v<typename unwrap_awaitable<decltype(pending)>::type>) {
    co_await std::move(pending);
    co_return action();
  } else {
    co_return co_await std::move(pending);
  }
}

// The handler's `terminate`, after its workers.
template <class H>
asio::awaitable<void> end_offloaded(H& handler, offload_ref queue, const close_reason& reason,
                                    session& client) {
  auto finished = queue.finish(reason);
  co_await std::move(finished);
  if constexpr (is_async_callback<terminate_tag, H, const close_reason&>()) {
    auto pending = invoke<terminate_tag>(handler, client, reason);
    co_await std::move(pending);
  } else if constexpr (has_callback<terminate_tag, H, const close_reason&>) {
    invoke<terminate_tag>(handler, client, reason);
  }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

template <class Key>
std::string key_bytes(const Key& key) {
  if constexpr (std::convertible_to<const Key&, std::string_view>) {
    return std::string(std::string_view(key));
  } else {
    static_assert(std::is_integral_v<Key> || std::is_enum_v<Key>,
                  "wsx: the key of a message must be an integer, an enumerator or a string");
    return {reinterpret_cast<const char*>(&key), sizeof(key)};
  }
}

// The members of `H`, behind its offloaded handler.
template <class H, class Offloaded>
class worker_callbacks {
 public:
  static offload_calls table() noexcept {
    offload_calls calls{.work = &work, .key = nullptr, .dropped = nullptr};
    if constexpr (requires(H & h, message m) { h.key(m); }) calls.key = &key;
    if constexpr (requires(H & h, message m) { h.handle_dropped(m); }) calls.dropped = &dropped;
    return calls;
  }

 private:
  static H& handler_of(offload_base& base) noexcept { return static_cast<Offloaded&>(base); }

  static bool work(offload_base& base, offload_job& job) {
    H& handler = handler_of(base);
    const message received = job.what();
    if constexpr (!works_on<H, binary>) {
      return call(handler, job, work_argument<H, text>(text{received.text()}));
    } else if constexpr (!works_on<H, text>) {
      return call(handler, job, work_argument<H, binary>(binary(received.bytes())));
    } else if (received.is_text()) {
      return call(handler, job, work_argument<H, text>(text{received.text()}));
    } else {
      return call(handler, job, work_argument<H, binary>(binary(received.bytes())));
    }
  }

  // Returns whether the job has ended.
  template <class Arg>
  static bool call(H& handler, offload_job& job, Arg arg) {
    using result = work_result<H, Arg>;
    try {
      if constexpr (unwrap_awaitable<result>::awaits) {
        job.run(await_work<H, Arg>(handler, job, std::move(arg)));
        return false;
      } else if constexpr (std::is_void_v<result>) {
        invoke_work(handler, job.session(), std::move(arg));
        job.finished();
      } else {
        job.finished(invoke_work(handler, job.session(), std::move(arg)));
      }
    } catch (...) {
      job.failed(std::current_exception());
    }
    return true;
  }

  static std::string key(offload_base& base, const message& received) {
    return key_bytes(handler_of(base).key(received));
  }

  static void dropped(offload_base& base, const message& not_handled) {
    handler_of(base).handle_dropped(not_handled);
  }
};

}  // namespace wsx::detail
