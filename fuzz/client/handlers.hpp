#pragma once

#include "../input.hpp"

#include <wsx/wsx.hpp>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace fuzz {

/// What a handler shares with the script that its client follows.
struct stage {
  explicit stage(input i) : in(i) {}

  input in;
  std::function<void()> destroy_client{};
  std::size_t max_message_size = 0;
  bool client_gone = false;
  bool initialized = false;
  bool terminated = false;
  bool calling = false;  // a callback is under way
};

/// That a callback is under way: one at a time, between `init` and `terminate`, and none begins
/// once the client is gone.
class call {
 public:
  explicit call(stage& s) : stage_(s) {
    require(!s.calling && !s.client_gone && !s.terminated);
    s.calling = true;
  }
  ~call() { stage_.calling = false; }
  call(const call&) = delete;
  call& operator=(const call&) = delete;

 private:
  stage& stage_;
};

/// Does in each callback what the input says.
class actor {
 public:
  explicit actor(stage& s) : stage_(&s) {}

  wsx::action init(const wsx::connection_info&, wsx::session& s) {
    require(!stage_->initialized);
    stage_->initialized = true;
    return act(s);
  }

  void terminate(const wsx::close_reason&) {
    const call now(*stage_);
    stage_->terminated = true;
  }

 protected:
  wsx::action act(wsx::session& s) {
    const call now(*stage_);
    return choose(s);
  }

  asio::awaitable<wsx::action> act_later(wsx::session& s) {
    const call now(*stage_);
    co_await wait();
    co_return choose(s);
  }

  wsx::disconnect_decision decide() {
    const call now(*stage_);
    return choose_decision();
  }

  asio::awaitable<wsx::disconnect_decision> decide_later() {
    const call now(*stage_);
    co_await wait();
    co_return choose_decision();
  }

  void check_size(std::size_t bytes) const { require(bytes <= stage_->max_message_size); }

 private:
  wsx::action choose(wsx::session& s) {
    auto& in = stage_->in;
    switch (in.choice(16)) {
      case 0: throw std::runtime_error("a callback failed");
      case 1: return wsx::close();
      case 2: return wsx::close(wsx::close_code(in.byte() * 20u), in.take(in.byte()));
      case 3: return wsx::reply(wsx::text{std::string(in.byte(), 'r')});
      case 4: return wsx::reply(wsx::ping{in.take(in.byte())});
      case 5:
        return wsx::reply(wsx::fragment{wsx::opcode::text, in.choice(2) == 0, in.choice(2) == 0,
                                        wsx::as_bytes("rrr")});
      case 6: s.send(wsx::binary{std::string(in.byte() * 16u, 'r')}); break;
      case 7: s.send(wsx::uncompressed(wsx::text{std::string(in.byte(), 'r')})); break;
      case 8: s.close(); break;
      case 9: stage_->destroy_client(); break;
      default: break;
    }
    return wsx::ok();
  }

  wsx::disconnect_decision choose_decision() {
    auto& in = stage_->in;
    switch (in.choice(8)) {
      case 0: throw std::runtime_error("a callback failed");
      case 1: return wsx::stop();
      case 2: return wsx::reconnect_after(std::chrono::milliseconds(in.byte()));
      case 3: return wsx::reconnect_to(std::string(in.take(in.byte() % 16u)));
      case 4: stage_->destroy_client(); break;
      default: break;
    }
    // The end of the input is the end of it all.
    return in.empty() ? wsx::stop() : wsx::reconnect();
  }

  asio::awaitable<void> wait() {
    const auto time = stage_->in.choice(8) * std::chrono::milliseconds(100);
    if (time.count() == 0) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
  }

  stage* stage_;
};

/// Whole messages, and callbacks that are functions.
struct plain : actor {
  using actor::actor;

  wsx::action handle_frame(wsx::text t, wsx::session& s) {
    check_size(t.payload.size());
    return act(s);
  }
  wsx::action handle_frame(wsx::binary b, wsx::session& s) {
    check_size(b.payload.size());
    return act(s);
  }
  wsx::action handle_pong(wsx::pong, wsx::session& s) { return act(s); }
  wsx::action handle_cast(int, wsx::session& s) { return act(s); }
  wsx::action handle_info(std::string, wsx::session& s) { return act(s); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return decide(); }
};

/// Whole messages, and callbacks that wait.
struct waiting : actor {
  using actor::actor;

  asio::awaitable<wsx::action> handle_connect(const wsx::connection_info&, wsx::session& s) {
    return act_later(s);
  }
  asio::awaitable<wsx::action> handle_frame(wsx::text t, wsx::session& s) {
    check_size(t.payload.size());
    return act_later(s);
  }
  asio::awaitable<wsx::action> handle_ping(wsx::ping, wsx::session& s) { return act_later(s); }
  asio::awaitable<wsx::action> handle_cast(int, wsx::session& s) { return act_later(s); }
  wsx::action handle_info(std::string, wsx::session& s) { return act(s); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    return decide_later();
  }
};

/// Messages in pieces.
struct pieces_of_messages : actor {
  using actor::actor;

  asio::awaitable<wsx::action> handle_fragment(wsx::fragment f, wsx::session& s) {
    require(f.first != in_message_);
    if (f.first) size_ = 0;
    in_message_ = !f.last;
    check_size(size_ += f.payload.size());
    return act_later(s);
  }
  wsx::action handle_connect(const wsx::connection_info&) {
    in_message_ = false;
    return wsx::ok();
  }
  wsx::action handle_cast(int, wsx::session& s) { return act(s); }
  asio::awaitable<wsx::action> handle_info(std::string, wsx::session& s) { return act_later(s); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return decide(); }

 private:
  bool in_message_ = false;
  std::size_t size_ = 0;
};

}  // namespace fuzz
