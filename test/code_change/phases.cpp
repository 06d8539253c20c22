#include "support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>

// A change in every phase of a client.

namespace {

using namespace code_change_test;
using namespace std::chrono_literals;

asio::awaitable<void> pass(asio::steady_timer* gate) {
  std::error_code ignored;
  auto opened = gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_await std::move(opened);
}

// Says each callback with its version, and waits in those that the test names.
struct life {
  char version_of = '1';
  lines* log = nullptr;
  asio::steady_timer* gate = nullptr;
  std::string waits_in{};

  asio::awaitable<void> say(std::string what) {
    log->push_back(version_of + (": " + what));
    if (what == waits_in) co_await pass(gate);
  }
  asio::awaitable<void> init(const wsx::connection_info&) { return say("init"); }
  asio::awaitable<void> handle_connect(const wsx::connection_info&) {
    return say("handle_connect");
  }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    auto said = say("handle_disconnect");
    co_await std::move(said);
    co_return waits_in == "stop" ? wsx::stop() : wsx::reconnect_after(10ms);
  }
  asio::awaitable<void> terminate(const wsx::close_reason&) { return say("terminate"); }
  void handle_frame(wsx::text t) { log->push_back(version_of + (": " + std::string(t.payload))); }
};

struct life_v2 : life {
  static life_v2 code_change(const wsx::old_version&, const life& old) {
    old.log->push_back("change");
    life_v2 made;
    static_cast<life&>(made) = old;
    made.version_of = '2';
    return made;
  }
};

struct fixture : any_client {
  explicit fixture(std::string waits_in = {}, wsx::options options = calm())
      : any_client(wsx::any_handler(quiet()), options), gate(io, std::chrono::hours(1)) {
    // The first handler needs the loop of the fixture.
    client.emplace(io.get_executor(), life{'1', &log, &gate, std::move(waits_in)}, options);
  }

  void begin() {
    ask<life_v2>(*this, changed);
    poll(io);
  }
  void open_gate() {
    gate.cancel();
    poll(io);
  }

  lines log;
  asio::steady_timer gate;
  outcome changed;
};

}  // namespace

TEST_SUITE("code_change/phases") {
  TEST_CASE("before connect: at once") {
    fixture f;
    f.begin();
    CHECK(f.changed.ok());
    f.open();
    CHECK(f.log == lines{"change", "2: init", "2: handle_connect"});
  }

  TEST_CASE("while it connects") {
    fixture f;
    memory_peer peer = f.dial();
    f.begin();
    CHECK(f.changed.ok());
    peer.accept();
    poll(f.io);
    CHECK(f.connected.ok());
    CHECK(f.log == lines{"change", "2: init", "2: handle_connect"});
  }

  TEST_CASE("while init waits: after handle_connect") {
    fixture f("init");
    memory_peer peer = f.dial();
    peer.accept();
    peer.write(text_frame("a"));
    poll(f.io);
    f.begin();
    CHECK(!f.changed.done());
    f.open_gate();
    CHECK(f.changed.ok());
    CHECK(f.log == lines{"1: init", "1: handle_connect", "change", "2: a"});
  }

  TEST_CASE("while the connection is open") {
    fixture f;
    memory_peer peer = f.open();
    f.begin();
    CHECK(f.changed.ok());
    send(f, peer, "a");
    CHECK(f.log == lines{"1: init", "1: handle_connect", "change", "2: a"});
  }

  TEST_CASE("while it closes") {
    fixture f;
    memory_peer peer = f.open();
    f.client->close([](std::error_code) {});
    poll(f.io);
    f.begin();
    CHECK(f.changed.ok());
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(f.ended.done());
    CHECK(f.log ==
          lines{"1: init", "1: handle_connect", "change", "2: handle_disconnect", "2: terminate"});
  }

  TEST_CASE("while the handler decides: before the next attempt") {
    fixture f("handle_disconnect");
    memory_peer peer = f.open();
    f.log.clear();
    peer.close();
    poll(f.io);
    f.begin();
    CHECK(!f.changed.done());
    f.open_gate();
    CHECK(f.changed.ok());
    f.let_pass(10ms);
    f.next_open();
    CHECK(f.log == lines{"1: handle_disconnect", "change", "2: handle_connect"});
  }

  TEST_CASE("in the pause before the next attempt") {
    fixture f;
    f.open().close();
    poll(f.io);
    f.log.clear();
    f.begin();
    CHECK(f.changed.ok());
    f.let_pass(10ms);
    f.next_open();
    CHECK(f.log == lines{"change", "2: handle_connect"});
  }

  TEST_CASE("the client ends before it could be made") {
    fixture f("terminate");
    f.open();
    f.client->close([](std::error_code) {});
    f.client->abort();
    poll(f.io);
    f.begin();
    CHECK(f.changed.done());
    CHECK(f.changed.error);
    f.open_gate();
    CHECK(f.log == lines{"1: init", "1: handle_connect", "1: terminate"});
  }

  TEST_CASE("a change that waits fails when the client ends") {
    fixture f("init");
    memory_peer peer = f.dial();
    peer.accept();
    poll(f.io);
    f.begin();
    CHECK(!f.changed.done());
    SUBCASE("aborted") {
      f.client->abort();
      poll(f.io);
      CHECK(f.changed.failed(errc::aborted));
    }
    SUBCASE("destroyed") {
      f.client.reset();
      poll(f.io);
      CHECK(f.changed.failed(errc::aborted));
    }
  }

  TEST_CASE("the handler stops while a change waits") {
    struct stops {
      asio::steady_timer* gate;
      static life_v2 code_change(const wsx::old_version&, const stops&) { return {}; }
      void handle_frame(wsx::text) {}
      asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
        co_await pass(gate);
        co_return wsx::stop();
      }
    };
    fixture f;
    f.client.emplace(f.io.get_executor(), stops{&f.gate}, calm());
    f.open().close();
    poll(f.io);
    f.begin();
    CHECK(!f.changed.done());
    f.open_gate();
    CHECK(f.changed.failed(errc::not_connected));
  }

  TEST_CASE("after the end there is nothing to change") {
    fixture f("stop");
    memory_peer peer = f.open();
    SUBCASE("of an abort") {
      f.client->abort();
      poll(f.io);
    }
    SUBCASE("of the connection") {
      peer.close();
      poll(f.io);
      CHECK(f.ended.done());
    }
    f.begin();
    CHECK(f.changed.done());
    CHECK(f.changed.error == wsx::condition::not_connected);
    CHECK(f.log.back() == "1: terminate");
  }

  TEST_CASE("an attempt fails in the same moment: then at once, as before connect") {
    fixture f;
    memory_peer peer = f.dial();
    peer.close();
    f.begin();
    CHECK(f.connected.done());
    CHECK(f.changed.ok());
    CHECK(f.log == lines{"change"});
  }

  TEST_CASE("connect is canceled while a callback and a change wait") {
    // handle_first_failure: the handler is asked, and waits, though nobody waits for connect.
    auto options = calm();
    options.handle_first_failure = true;
    fixture f("handle_disconnect", options);
    asio::cancellation_signal signal;
    outcome dialed;
    f.client->connect(f.server.url(), asio::bind_cancellation_slot(signal.slot(), dialed.token()));
    poll(f.io);
    f.next().close();
    poll(f.io);
    f.begin();
    CHECK(!f.changed.done());
    signal.emit(asio::cancellation_type::terminal);
    poll(f.io);
    CHECK(dialed.failed(asio::error::operation_aborted));
    CHECK(f.changed.ok());
    CHECK(f.log == lines{"1: handle_disconnect", "change"});
    f.open();
    CHECK(f.log.back() == "2: handle_connect");
  }

  TEST_CASE("the execution context ends first") {
    outcome changed;
    {
      fixture f("init");
      memory_peer peer = f.dial();
      peer.accept();
      poll(f.io);
      ask<life_v2>(f, changed);
      poll(f.io);
      f.client->detach();
      f.client.reset();
    }
    CHECK(!changed.done());
  }

  TEST_CASE("the execution context ends first, and whoever waits owns the client") {
    const auto waits = std::make_shared<int>(0);
    {
      fixture f("init");
      memory_peer peer = f.dial();
      peer.accept();
      poll(f.io);
      auto done = [waits, sender = f.client->make_sender()](std::error_code) {};
      f.client->code_change<life_v2>(std::monostate(), std::move(done));
      poll(f.io);
      f.client->detach();
      f.client.reset();
    }
    CHECK(waits.use_count() == 1);
  }
}
