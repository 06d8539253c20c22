#include "support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <vector>

// What a change does, and what it leaves alone.

namespace {

using namespace code_change_test;

// Says each callback.
struct talker {
  static constexpr std::string_view version = "t";
  lines* log;
  static talker code_change(const wsx::old_version&, const talker& old) { return {old.log}; }
  void init(const wsx::connection_info&) { log->push_back("init"); }
  void handle_connect(const wsx::connection_info&) { log->push_back("handle_connect"); }
  void handle_frame(wsx::text) {}
  void terminate(const wsx::close_reason&) { log->push_back("terminate"); }
};

// Says when it is destroyed, where it is not moved.
struct mortal {
  lines* log;
  explicit mortal(lines* where) : log(where) {}
  mortal(mortal&& other) noexcept : log(std::exchange(other.log, nullptr)) {}
  mortal& operator=(mortal&&) = delete;
  ~mortal() {
    if (log != nullptr) log->push_back("destroyed");
  }
  static mortal code_change(const wsx::old_version&, const mortal& old) {
    old.log->push_back("changed");
    return mortal(old.log);
  }
  void handle_frame(wsx::text) {}
};

// Echoes, with its version.
template <char Version>
struct echo {
  template <class Old>
  static echo code_change(const wsx::old_version&, const Old&) {
    return {};
  }
  wsx::action handle_frame(wsx::text t) {
    return wsx::reply(wsx::text{std::string(1, Version) + std::string(t.payload)});
  }
};

// Waits in each callback until it is let go.
struct waiting {
  lines* log;
  asio::steady_timer* gate;
  static waiting code_change(const wsx::old_version&, const counter_v2& old,
                             asio::steady_timer* gate) {
    return {old.log, gate};
  }
  asio::awaitable<void> handle_frame(wsx::text t) {
    log->push_back("wait for " + std::string(t.payload));
    std::error_code ignored;
    auto opened = gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_await std::move(opened);
    log->push_back("waited for " + std::string(t.payload));
  }
};

struct after_waiting {
  lines* log;
  static after_waiting code_change(const wsx::old_version&, const waiting& old) {
    old.log->push_back("changed");
    return {old.log};
  }
  void handle_frame(wsx::text t) { log->push_back("then " + std::string(t.payload)); }
};

// Like a std::expected.
template <class T>
struct expected {
  std::optional<T> value;
  std::error_code code;
  explicit operator bool() const { return value.has_value(); }
  T&& operator*() && { return std::move(*value); }
  std::error_code error() const { return code; }
};

struct picky {
  lines* log;
  static expected<picky> code_change(const wsx::old_version&, const counter_v1& old, bool wanted) {
    if (!wanted) return {std::nullopt, std::make_error_code(std::errc::address_in_use)};
    return {picky{old.log}, {}};
  }
  void handle_frame(wsx::text) { log->push_back("picky"); }
};

// Awaits its own replacement.
struct impatient_one {
  std::optional<wsx::basic_client<wsx::any_handler, memory_transport>>* client;
  lines* log;
  static impatient_one code_change(const wsx::old_version&, const impatient_one& old) {
    old.log->push_back("changed");
    return old;
  }
  asio::awaitable<void> handle_frame(wsx::text) {
    try {
      auto changed = (*client)->code_change<impatient_one>();
      co_await std::move(changed);
    } catch (const wsx::system_error& e) {
      log->push_back(e.what());
    }
    (*client)->code_change<impatient_one>(std::monostate(), [](std::error_code) {});
  }
};

struct destroyer {
  std::optional<wsx::basic_client<wsx::any_handler, memory_transport>>* client;
  std::shared_ptr<int> held{};
  static destroyer code_change(const wsx::old_version&, const destroyer& old) {
    old.client->reset();
    return old;
  }
  void handle_frame(wsx::text) {}
};

}  // namespace

TEST_SUITE("code_change/changing") {
  TEST_CASE("the new handler goes on where the old one was, on the same connection") {
    lines log;
    any_client f(counter_v1{&log});
    memory_peer peer = f.open();
    send(f, peer, "a");
    CHECK(change<counter_v2, counter_v1>(f) == errc{});
    send(f, peer, "b");
    CHECK(log == lines{"1: a, number 1", "from 1 up", "2: b, number 2"});
    CHECK(f.server.accepted() == 1);
    CHECK(f.handler().version() == "2");
    CHECK(f.handler().get_if<counter_v2>()->count == 2);
    CHECK(f.handler().get_if<counter_v1>() == nullptr);
  }

  TEST_CASE("an argument is passed on") {
    lines log;
    any_client f(counter_v1{&log});
    memory_peer peer = f.open();
    CHECK(change<counter_v2, counter_v1>(f, 10) == errc{});
    send(f, peer, "a");
    CHECK(log == lines{"2: a, number 10"});
  }

  TEST_CASE("a downgrade is told apart") {
    lines log;
    any_client f(counter_v2{&log});
    f.open();
    CHECK(change<counter_v1>(f) == errc{});
    CHECK(change<counter_v2, counter_v1>(f) == errc{});
    CHECK(log == lines{"from 2 down", "from 1 up"});
  }

  TEST_CASE("code_change throws: the old handler goes on, untouched") {
    lines log;
    any_client f(counter_v1{&log});
    memory_peer peer = f.open();
    send(f, peer, "a");
    const auto* const before = f.handler().get_if<counter_v1>();
    CHECK(change<counter_v2, counter_v1>(f, -1) == errc::code_change_failed);
    CHECK(change<counter_v2, counter_v1>(f, 0) == std::errc::invalid_argument);
    CHECK(f.handler().get_if<counter_v1>() == before);
    send(f, peer, "b");
    CHECK(log == lines{"1: a, number 1", "1: b, number 2"});
  }

  TEST_CASE("code_change may return an error") {
    lines log;
    any_client f(counter_v1{&log});
    memory_peer peer = f.open();
    CHECK(change<picky>(f, false) == std::errc::address_in_use);
    send(f, peer, "a");
    CHECK(change<picky>(f, true) == errc{});
    send(f, peer, "b");
    CHECK(log == lines{"1: a, number 1", "picky"});
  }

  TEST_CASE("what an awaited change throws says why") {
    lines log;
    any_client f(counter_v1{&log});
    f.open();
    std::string what;
    auto attempt = [&]() -> asio::awaitable<void> {
      try {
        auto changed = f.client->code_change<counter_v2, counter_v1>(-1);
        co_await std::move(changed);
      } catch (const wsx::system_error& e) {
        what = e.what();
      }
    };
    asio::co_spawn(f.io, attempt, asio::detached);
    poll(f.io);
    CHECK(
        what ==
        "cannot change the handler from version \"1\" to version \"2\": the change of the handler "
        "threw: a step back");
  }

  TEST_CASE("neither init nor handle_connect nor terminate is called") {
    lines log;
    any_client f(talker{&log});
    memory_peer peer = f.open();
    CHECK(change<talker>(f) == errc{});
    CHECK(log == lines{"init", "handle_connect"});
  }

  TEST_CASE("the old handler is destroyed at once") {
    lines log;
    any_client f{mortal(&log)};
    f.open();
    CHECK(change<mortal>(f) == errc{});
    CHECK(log == lines{"changed", "destroyed"});
  }

  TEST_CASE("the new handler is told of it, if it asks") {
    struct told {
      lines* log;
      static told code_change(const wsx::old_version&, const counter_v1& old) { return {old.log}; }
      void handle_frame(wsx::text) {}
      void handle_event(const wsx::event::handler_replaced& e) {
        log->push_back("from \"" + std::string(e.old_version) + "\" to \"" +
                       std::string(e.new_version) + "\"");
      }
    };
    lines log;
    any_client f(counter_v1{&log});
    f.open();
    CHECK(change<told>(f) == errc{});
    CHECK(log == lines{"from \"1\" to \"\""});
  }

  TEST_CASE("replies are sent once") {
    any_client f(echo<'a'>{});
    memory_peer peer = f.open();
    peer.discard_written();
    peer.allow_write(0);
    send(f, peer, "1");
    CHECK(change<echo<'b'>, echo<'a'>>(f) == errc{});
    send(f, peer, "2");
    peer.allow_write(1000);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"a1\"", "text \"b2\""});
  }

  TEST_CASE("a callback that waits is waited for; what comes next is the new handler's") {
    lines log;
    any_client f(counter_v2{&log});
    asio::steady_timer gate(f.io, std::chrono::hours(1));
    memory_peer peer = f.open();
    CHECK(change<waiting>(f, &gate) == errc{});
    peer.write(text_frame("a"));
    send(f, peer, "b");
    outcome changed;
    ask<after_waiting>(f, changed);
    poll(f.io);
    CHECK(!changed.done());
    gate.cancel();
    poll(f.io);
    CHECK(changed.ok());
    CHECK(log == lines{"wait for a", "waited for a", "changed", "then b"});
  }

  TEST_CASE("what has been read already is the new handler's, too, however much it is") {
    lines log;
    any_client f(counter_v2{&log});
    asio::steady_timer gate(f.io, std::chrono::hours(1));
    memory_peer peer = f.open();
    for (int i = 0; i < 64; ++i) peer.write(text_frame("so that batches are large"));
    poll(f.io);
    log.clear();
    CHECK(change<waiting>(f, &gate) == errc{});
    for (const char* const text : {"a", "b", "c", "d"}) peer.write(text_frame(text));
    poll(f.io);
    outcome changed;
    ask<after_waiting>(f, changed);
    poll(f.io);
    gate.cancel();
    poll(f.io);
    CHECK(changed.ok());
    CHECK(log == lines{"wait for a", "waited for a", "changed", "then b", "then c", "then d"});
  }

  TEST_CASE("changes are made in their order") {
    lines log;
    any_client f(counter_v1{&log});
    f.open();
    outcome first;
    outcome second;
    outcome third;
    ask<counter_v2, counter_v1>(f, first);
    ask<counter_v1>(f, second);
    ask<counter_v2, counter_v1>(f, third);
    poll(f.io);
    CHECK(first.ok());
    CHECK(second.ok());
    CHECK(third.ok());
    CHECK(log == lines{"from 1 up", "from 2 down", "from 1 up"});
  }

  TEST_CASE("a change that waits can be withdrawn") {
    lines log;
    any_client f(counter_v2{&log});
    asio::steady_timer gate(f.io, std::chrono::hours(1));
    memory_peer peer = f.open();
    CHECK(change<waiting>(f, &gate) == errc{});
    send(f, peer, "a");
    outcome withdrawn;
    outcome changed;
    asio::cancellation_signal signal;
    f.client->code_change<after_waiting>(
        std::monostate(), asio::bind_cancellation_slot(signal.slot(), withdrawn.token()));
    poll(f.io);
    CHECK(!withdrawn.done());
    signal.emit(asio::cancellation_type::total);
    poll(f.io);
    CHECK(withdrawn.failed(asio::error::operation_aborted));
    gate.cancel();
    poll(f.io);
    CHECK(f.handler().get_if<waiting>() != nullptr);
  }

  TEST_CASE("a callback of the client can't await it, but start it") {
    lines log;
    any_client f(impatient_one{nullptr, &log});
    f.handler().get_if<impatient_one>()->client = &f.client;
    memory_peer peer = f.open();
    send(f, peer, "a");
    CHECK(log ==
          lines{"cannot change the handler: a callback would wait for its own end", "changed"});
  }

  TEST_CASE("code_change may destroy the client") {
    SUBCASE("before it connects") {
      any_client f(destroyer{});
      f.handler().get_if<destroyer>()->client = &f.client;
      outcome changed;
      ask<destroyer>(f, changed);
      poll(f.io);
      CHECK(changed.done());
      CHECK(!f.client);
    }
    SUBCASE("while its connection is open") {
      any_client f(destroyer{});
      f.handler().get_if<destroyer>()->client = &f.client;
      f.open();
      outcome changed;
      ask<destroyer>(f, changed);
      poll(f.io);
      CHECK(changed.done());
      CHECK(!f.client);
      CHECK(f.ended.failed(errc::aborted));
    }
    SUBCASE("while a sender, which owns what is left of it, still exists") {
      any_client f(destroyer{});
      const auto held = std::make_shared<int>(0);
      f.handler().get_if<destroyer>()->client = &f.client;
      f.handler().get_if<destroyer>()->held = held;
      const auto sender = f.client->make_sender();
      outcome changed;
      ask<destroyer>(f, changed);
      poll(f.io);
      CHECK(changed.done());
      CHECK(held.use_count() == 1);  // the handler was destroyed on the strand
    }
  }
}
