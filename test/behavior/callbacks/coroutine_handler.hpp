#pragma once

#include "../support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

// What the tests of callbacks that wait share: a handler whose callbacks do what the test wants.
namespace behavior_test::coroutine_handlers {

using namespace wsx::testing;

inline const std::error_code interrupted = asio::error::operation_aborted;

// What a handler has been through; it outlives the handler.
struct record {
  lines seen{};
  std::vector<wsx::close_reason> terminated{};
  int handlers = 0;
};

// A callback's body.
using body = std::function<asio::awaitable<void>()>;

// Each of its callbacks is a coroutine, and does what the test wants.
class scripted {
 public:
  struct bodies {
    body init{}, connect{}, text{}, binary{}, ping{}, pong{}, cast{}, info{}, disconnect{},
        terminate{};
  };

  scripted(record& r, bodies b) : bodies_(std::move(b)), record_(&r) { ++record_->handlers; }
  scripted(scripted&& other) noexcept
      : bodies_(std::move(other.bodies_)), record_(std::exchange(other.record_, nullptr)) {}
  scripted& operator=(scripted&&) = delete;
  ~scripted() {
    if (record_ != nullptr) --record_->handlers;
  }

  asio::awaitable<void> init(const wsx::connection_info&) { return run("init", bodies_.init); }
  asio::awaitable<void> handle_connect(const wsx::connection_info&) {
    return run("connect", bodies_.connect);
  }
  asio::awaitable<void> handle_frame(wsx::text) { return run("text", bodies_.text); }
  asio::awaitable<void> handle_frame(wsx::binary) { return run("binary", bodies_.binary); }
  asio::awaitable<void> handle_ping(wsx::ping) { return run("ping", bodies_.ping); }
  asio::awaitable<void> handle_pong(wsx::pong) { return run("pong", bodies_.pong); }
  asio::awaitable<void> handle_cast(int) { return run("cast", bodies_.cast); }
  asio::awaitable<void> handle_info(int) { return run("info", bodies_.info); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    auto running = run("disconnect", bodies_.disconnect);
    co_await std::move(running);
    co_return wsx::stop();
  }
  asio::awaitable<void> terminate(const wsx::close_reason& reason) {
    record_->terminated.push_back(reason);
    return run("terminate", bodies_.terminate);
  }

 private:
  // `what` is copied: the handler may be gone before it is through.
  asio::awaitable<void> run(std::string name, body what) {
    record* const r = record_;
    r->seen.push_back(name);
    if (!what) co_return;
    try {
      auto running = what();
      co_await std::move(running);
      r->seen.push_back(name + " is through");
    } catch (const std::system_error& e) {
      const bool by_client = e.code() == interrupted;
      r->seen.push_back(name + (by_client ? " is interrupted" : " threw " + e.code().message()));
      throw;
    }
  }

  bodies bodies_;
  record* record_;
};

using bodies = scripted::bodies;

// What a callback waits for until the test opens it or the client interrupts the callback. It has
// nothing to do with the client's time.
class gate {
 public:
  explicit gate(asio::io_context& io) : timer_(io, asio::steady_timer::time_point::max()) {}

  void open() { timer_.cancel(); }

  // Throws if it was interrupted.
  asio::awaitable<void> wait() {
    std::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) throw std::system_error(interrupted);
  }

  // Returns whatever has ended it.
  asio::awaitable<void> wait_once() {
    std::error_code ignored;
    ++waits;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  int waits = 0;

 private:
  asio::steady_timer timer_;
};

inline asio::awaitable<void> wait_for_ever() {
  asio::steady_timer never(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
}

// A callback that ignores cancellation, and waits until the test is done with it. An open gate and
// the client's interruptions wake it.
inline asio::awaitable<void> ignore_all(gate& g, bool& enough) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!enough) {
    auto waiting = g.wait_once();
    co_await std::move(waiting);
  }
}

// A client whose `close_timeout` is five minutes.
struct fixture : record, client_fixture<scripted> {
  explicit fixture(bodies b, std::string name = "server", wsx::options o = calm())
      : client_fixture(scripted(*this, std::move(b)), std::move(o), std::move(name)) {}

  // Brings a client to where its callback for text waits.
  memory_peer open_and_go() {
    memory_peer peer = open();
    peer.discard_written();
    peer.write(text_frame("go"));
    poll(io);
    return peer;
  }
};

}  // namespace behavior_test::coroutine_handlers
