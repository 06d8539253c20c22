#pragma once

#include "stage.hpp"

#include <wsx/wsx.hpp>

#include <asio/cancellation_state.hpp>

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fuzz {

/// What a new version of the handler is given.
struct arrival {
  stage* on = nullptr;
  bool fails = false;
};

/// What all versions do: in each callback what the input says.
class actor {
 public:
  actor(stage& s, int generation) : stage_(&s), generation_(generation) {}

  std::string save() const { return std::to_string(generation_); }

  wsx::action init(const wsx::connection_info&, wsx::session& s) {
    require(!stage_->initialized);
    stage_->initialized = true;
    return act(s);
  }

  void terminate(const wsx::close_reason&) {
    const call now(*stage_, generation_);
    stage_->terminated = true;
  }

  // Events are told at any time, but to the handler that is there.
  void handle_event(const wsx::event::suspended&) {
    require(!stage_->suspended && !stage_->calling && generation_ == stage_->generation);
    stage_->suspended = true;
    tally::add("suspended");
  }
  void handle_event(const wsx::event::resumed&) {
    require(stage_->suspended && generation_ == stage_->generation);
    stage_->suspended = false;
    tally::add("resumed");
  }
  void handle_event(const wsx::event::handler_replaced&) {
    require(!stage_->calling && generation_ == stage_->generations);
    stage_->generation = generation_;
    tally::add(stage_->suspended ? "swapped while suspended" : "swapped");
  }
  void handle_event(const wsx::event::connected&) {
    require(++stage_->open <= 2);
    tally::add(stage_->open == 2 ? "connected in a rotation" : "connected");
  }
  void handle_event(const wsx::event::attempt_failed&) {
    tally::add(stage_->open > 0 ? "attempt failed in a rotation" : "attempt failed");
  }
  void handle_event(const wsx::event::disconnected& e) {
    require(stage_->open-- > 0);
    if (e.still_connected) require(stage_->open > 0);
    tally::add(e.still_connected ? "disconnected in a rotation" : "disconnected");
  }

 protected:
  // Takes over from the handler whose state is `saved`.
  static actor successor(std::string_view saved, arrival to) {
    stage& s = *to.on;
    require(!s.calling && saved == std::to_string(s.generation));
    if (to.fails) {
      tally::add("code_change threw");
      throw std::runtime_error("no");
    }
    return {s, ++s.generations};
  }

  stage& on() const { return *stage_; }

  wsx::action act(wsx::session& s) {
    const call now(*stage_, generation_);
    return choose(s);
  }

  asio::awaitable<wsx::action> act_later(wsx::session& s) {
    const call now(*stage_, generation_);
    auto waits = wait();
    co_await std::move(waits);
    co_return choose(s);
  }

  wsx::action hear(std::string_view message, wsx::session& s) {
    stage_->hear(server(s), message);
    return act(s);
  }

  asio::awaitable<wsx::action> hear_later(std::string_view message, wsx::session& s) {
    const call now(*stage_, generation_);
    const std::string copy(message);
    stage_->hear(server(s), message);
    auto waits = wait();
    co_await std::move(waits);
    require(copy == message);  // it is valid meanwhile
    co_return choose(s);
  }

  wsx::action hear_cast(int number, wsx::session& s) {
    require(number == ++stage_->casts_heard);
    tally::add("cast heard");
    return act(s);
  }

  wsx::disconnect_decision decide() {
    const call now(*stage_, generation_);
    return choose_decision();
  }

  asio::awaitable<wsx::disconnect_decision> decide_later() {
    const call now(*stage_, generation_);
    auto waits = wait();
    co_await std::move(waits);
    co_return choose_decision();
  }

  // The server at the other end of the connection that the callback is for.
  std::size_t server(const wsx::session& s) const {
    const auto header = s.connection().headers.find("X-Server");
    require(header.has_value());
    std::size_t index = 0;
    std::from_chars(header->data(), header->data() + header->size(), index);
    const auto [known, added] = stage_->server_of.try_emplace(s.connection().number, index);
    require(known->second == index);
    return index;
  }

 private:
  wsx::action choose(wsx::session& s) {
    auto& in = stage_->in;
    switch (in.choice(24)) {
      case 1:
      case 2: return wsx::reply(wsx::text{label_reply(in.byte())});
      case 3: s.send(wsx::binary{label_reply(in.byte() * 16u)}); break;
      case 4: s.send(wsx::uncompressed(wsx::text{label_reply(in.byte())})); break;
      case 5: return wsx::reply(wsx::ping{in.take(in.byte() % 126u)});
      case 6:
        if (in.choice(2) == 0) break;
        stage_->spoil();
        tally::add("callback threw");
        throw std::runtime_error("a callback failed");
      case 7:
        if (in.choice(2) == 0) break;
        stage_->spoil();
        return wsx::close(wsx::close_code(4000 + in.byte()), "enough");
      case 8:
        if (in.choice(2) == 0) break;
        stage_->spoil();
        s.close();
        break;
      case 9:
        if (in.choice(4) == 3) stage_->destroy_client();
        break;
      case 10:
      case 11:
      case 12: stage_->use_client(); break;
      default: break;
    }
    return wsx::ok();
  }

  std::string label_reply(std::size_t filler) { return labeled('r', 0, ++stage_->replies, filler); }

  wsx::disconnect_decision choose_decision() {
    auto& in = stage_->in;
    // The end of the input is the end of it all.
    if (in.empty()) return wsx::stop();
    switch (in.choice(12)) {
      case 1: throw std::runtime_error("a callback failed");
      case 2: return wsx::stop();
      case 3:
      case 4: return wsx::reconnect_after(std::chrono::milliseconds(in.byte() * 10));
      case 5: stage_->use_client(); break;
      default: break;
    }
    return wsx::reconnect();
  }

  asio::awaitable<void> wait() {
    const auto how = stage_->in.byte();
    const auto time = (how % 8) * std::chrono::milliseconds(100);
    if (time.count() == 0) co_return;
    // Some don't let themselves be interrupted.
    if ((how & 0xf0) == 0xf0)
      co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto sleeps = sleep_for(*stage_, time);
    co_await std::move(sleeps);
  }

  stage* stage_;
  int generation_;
};

/// Whole messages, and callbacks that are functions.
struct whole_messages : actor {
  static constexpr std::string_view version = "1";

  explicit whole_messages(const actor& a) : actor(a) {}
  static whole_messages code_change(const wsx::old_version&, std::string_view state, arrival to) {
    return whole_messages(successor(state, to));
  }

  wsx::action handle_frame(wsx::text t, wsx::session& s) { return hear(t.payload, s); }
  wsx::action handle_frame(wsx::binary b, wsx::session& s) {
    return hear(wsx::as_chars(b.payload), s);
  }
  wsx::action handle_pong(wsx::pong, wsx::session& s) { return act(s); }
  wsx::action handle_cast(int number, wsx::session& s) { return hear_cast(number, s); }
  wsx::action handle_info(const std::string&, wsx::session& s) { return act(s); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return decide(); }
};

/// Messages in fragments.
struct in_fragments : actor {
  static constexpr std::string_view version = "2";

  explicit in_fragments(const actor& a) : actor(a) {}
  static in_fragments code_change(const wsx::old_version&, std::string_view state, arrival to) {
    return in_fragments(successor(state, to));
  }

  wsx::action handle_connect(const wsx::connection_info&, wsx::session& s) { return act(s); }
  wsx::action handle_fragment(wsx::fragment f, wsx::session& s) {
    const auto index = server(s);
    auto& said = on().with[index];
    if (said.garbled) return act(s);
    require(f.first != said.in_pieces);
    said.in_pieces = !f.last;
    said.pieces += wsx::as_chars(f.payload);
    tally::add("fragment heard");
    if (!f.last) return act(s);
    const auto message = std::exchange(said.pieces, {});
    return hear(message, s);
  }
  wsx::action handle_cast(int number, wsx::session& s) { return hear_cast(number, s); }
  asio::awaitable<wsx::action> handle_info(std::string, wsx::session& s) { return act_later(s); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return decide(); }
};

/// Whole messages, and callbacks that wait.
struct waiting_callbacks : actor {
  static constexpr std::string_view version = "3";

  explicit waiting_callbacks(const actor& a) : actor(a) {}
  static waiting_callbacks code_change(const wsx::old_version&, std::string_view state,
                                       arrival to) {
    return waiting_callbacks(successor(state, to));
  }

  asio::awaitable<wsx::action> handle_connect(const wsx::connection_info&, wsx::session& s) {
    return act_later(s);
  }
  asio::awaitable<wsx::action> handle_frame(wsx::text t, wsx::session& s) {
    return hear_later(t.payload, s);
  }
  asio::awaitable<wsx::action> handle_frame(wsx::binary b, wsx::session& s) {
    return hear_later(wsx::as_chars(b.payload), s);
  }
  asio::awaitable<wsx::action> handle_ping(wsx::ping, wsx::session& s) { return act_later(s); }
  wsx::action handle_cast(int number, wsx::session& s) { return hear_cast(number, s); }
  asio::awaitable<wsx::action> handle_info(std::string, wsx::session& s) { return act_later(s); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    return decide_later();
  }
};

}  // namespace fuzz
