#include "gated_life.hpp"

#include <wsx/testing/server_frame.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <csignal>
#include <stdexcept>

// A client that is suspended: no callback begins, and nothing is lost.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using namespace std::chrono_literals;
using plain_fixture = client_fixture<plain_life>;
using wsx::errc;

template <class Fixture>
std::error_code suspend(Fixture& f) {
  outcome suspended;
  f.client->suspend(suspended.token());
  poll(f.io);
  REQUIRE(suspended.calls == 1);
  return suspended.error;
}

template <class Fixture>
bool resume(Fixture& f) {
  outcome resumed;
  f.client->resume(resumed.token());
  poll(f.io);
  return resumed.ok();
}

template <class Fixture>
wsx::client_status status_of(Fixture& f) {
  wsx::client_status status;
  f.client->status([&](wsx::client_status now) { status = std::move(now); });
  poll(f.io);
  return status;
}

// Whether it is suspended, and nothing happens.
template <class Fixture>
bool rests(Fixture& f) {
  return settles(f.io) && status_of(f).suspended && take_log(f).empty();
}

struct next_life {
  static constexpr std::string_view version = "2";
  static next_life code_change(const wsx::old_version&, const plain_life& old) { return {old.log}; }
  static next_life code_change(const wsx::old_version&, const gated_life& old) { return {old.log}; }
  lines log{};
  void handle_frame(wsx::text t) { log.push_back("next " + std::string(t.payload)); }
};

}  // namespace

TEST_SUITE("behavior/lifetime/suspend") {
  TEST_CASE_TEMPLATE("before connect: the attempt is made, and its callbacks wait", Fixture,
                     gated_fixture, plain_fixture) {
    Fixture f;
    CHECK(!suspend(f));
    f.open();
    CHECK(!f.connected.done());
    CHECK(rests(f));
    CHECK(resume(f));
    CHECK(f.connected.ok());
    CHECK(take_log(f) == lines{"init", "connect"});
    CHECK(!status_of(f).suspended);
  }

  TEST_CASE_TEMPLATE("while it connects: the same", Fixture, gated_fixture, plain_fixture) {
    Fixture f;
    memory_peer peer = f.dial();
    CHECK(!suspend(f));
    peer.accept();
    peer.write(text_frame("a"));
    poll(f.io);
    CHECK(rests(f));
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"init", "connect", "a"});
  }

  TEST_CASE_TEMPLATE("the first connection ends meanwhile: that is seen at resume", Fixture,
                     gated_fixture, plain_fixture) {
    Fixture f;
    CHECK(!suspend(f));
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    CHECK(rests(f));
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"init", "connect", "disconnect"});
    f.let_pass(10ms);
    f.next_open();
    CHECK(take_log(f) == lines{"connect"});
  }

  TEST_CASE("the deadlines of an attempt go on, and it fails as ever") {
    plain_fixture f;
    f.dial();
    CHECK(!suspend(f));
    f.let_pass(5min);
    CHECK(f.connected.failed(errc::handshake_timeout));
    CHECK(rests(f));
    CHECK(status_of(f).phase == wsx::client_phase::idle);
  }

  TEST_CASE_TEMPLATE("a failed attempt: the handler decides later", Fixture, gated_fixture,
                     plain_fixture) {
    Fixture f({}, calm().set(&wsx::options::handle_first_failure, true));
    memory_peer peer = f.dial();
    CHECK(!suspend(f));
    peer.close();
    poll(f.io);
    CHECK(rests(f));
    CHECK(status_of(f).phase == wsx::client_phase::pausing);
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"disconnect"});
  }

  TEST_CASE_TEMPLATE("open: everything for the handler waits, in its order", Fixture, gated_fixture,
                     plain_fixture) {
    Fixture f;
    memory_peer peer = f.open();
    f.client->post_after(5s, std::string("timer"));
    CHECK(!suspend(f));
    take_log(f);
    const auto read = peer.bytes_read();
    peer.write(text_frame("frame"));
    f.client->cast(1);
    f.client->post(std::string("post"));
    f.let_pass(10s);
    f.client->cast(2);
    poll(f.io);
    CHECK(rests(f));
    CHECK(peer.bytes_read() == read);
    CHECK(status_of(f).mailbox == 4);
    CHECK(resume(f));
    lines log = take_log(f);
    CHECK(std::erase(log, "frame") == 1);  // somewhere between these
    CHECK(log == lines{"cast 1", "post", "timer", "cast 2"});
    peer.write(text_frame("next"));
    poll(f.io);
    CHECK(take_log(f) == lines{"next"});
  }

  TEST_CASE_TEMPLATE("without a connection, what arrives in any phase waits, too", Fixture,
                     gated_fixture, plain_fixture) {
    Fixture f;
    memory_peer peer = f.dial();
    f.client->post_after(5s, std::string("timer"));
    CHECK(!suspend(f));
    f.let_pass(5s);
    CHECK(rests(f));
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"timer"});
    peer.accept();
    poll(f.io);
    peer.close();
    poll(f.io);
    take_log(f);
    f.client->post_after(5ms, std::string("timer"));
    CHECK(!suspend(f));
    f.let_pass(5ms);
    CHECK(rests(f));
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"timer"});
  }

  TEST_CASE("a signal waits") {
    struct takes_signal {
      int signals = 0;
      void handle_frame(wsx::text) {}
      void handle_info(wsx::signal) { ++signals; }
    };
    client_fixture<takes_signal> f;
    f.client->watch_signal(SIGUSR1);
    f.open();
    CHECK(!suspend(f));
    std::raise(SIGUSR1);
    poll(f.io);
    CHECK(status_of(f).mailbox == 1);
    CHECK(f.handler().signals == 0);
    CHECK(resume(f));
    CHECK(f.handler().signals == 1);
  }

  TEST_CASE_TEMPLATE("while it closes: the handshake goes on, and the callback waits", Fixture,
                     gated_fixture, plain_fixture) {
    Fixture f;
    memory_peer peer = f.open();
    peer.write(close_frame(1001));
    poll(f.io);
    CHECK(status_of(f).phase == wsx::client_phase::closing);
    CHECK(!suspend(f));
    take_log(f);
    peer.close();
    poll(f.io);
    CHECK(rests(f));
    CHECK(status_of(f).phase == wsx::client_phase::pausing);
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"disconnect"});
  }

  TEST_CASE_TEMPLATE("in a pause: it passes, and no attempt follows", Fixture, gated_fixture,
                     plain_fixture) {
    for (const bool passes : {true, false}) {
      CAPTURE(passes);
      Fixture f;
      f.open().close();
      poll(f.io);
      take_log(f);
      CHECK(!suspend(f));
      f.let_pass(passes ? 10ms : 5ms);
      CHECK(rests(f));
      CHECK(f.server.accepted() == 1);
      CHECK(resume(f));
      f.let_pass(passes ? 0ms : 5ms);
      f.next_open();
      CHECK(take_log(f) == lines{"connect"});
    }
  }

  TEST_CASE("a Close and an end that arrive meanwhile are seen at resume") {
    plain_fixture f;
    memory_peer peer = f.open();
    CHECK(!suspend(f));
    take_log(f);
    peer.write(text_frame("last"));
    peer.write(close_frame(1001));
    peer.close();
    poll(f.io);
    CHECK(rests(f));
    CHECK(status_of(f).phase == wsx::client_phase::open);
    CHECK(frames_of(peer).empty());
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"last", "disconnect"});
    CHECK(status_of(f).last_end->code() == wsx::close_code::going_away);
  }

  TEST_CASE("a connection that breaks in a write, too") {
    plain_fixture f;
    f.handler().stops = true;
    memory_peer peer = f.open();
    CHECK(!suspend(f));
    take_log(f);
    peer.write(text_frame("last"));
    peer.fail_writes(asio::error::connection_reset);
    f.client->try_send(wsx::text{"lost"});
    f.let_pass(10min);
    CHECK(rests(f));
    CHECK(resume(f));
    f.let_pass(5min);
    CHECK(take_log(f) == lines{"last", "disconnect", "terminate"});
    CHECK(f.ended.failed(errc::connection_dropped));
  }

  TEST_CASE("terminate waits, if nobody but the handler ends the client") {
    struct fails : plain_life {
      void handle_cast(int) { throw std::runtime_error("fails"); }
    };
    client_fixture<fails> f;
    memory_peer peer = f.open();
    f.client->cast(1);
    poll(f.io);
    CHECK(!suspend(f));
    f.handler().log.clear();
    peer.write(close_frame(1011));
    peer.close();
    poll(f.io);
    CHECK(settles(f.io));
    CHECK(f.handler().log.empty());
    CHECK(!f.ended.done());
    CHECK(resume(f));
    CHECK(f.handler().log == lines{"terminate"});
    CHECK(f.ended.failed(errc::handler_failed));
  }

  TEST_CASE("it waits for the callback that is running, and no other begins") {
    for (const std::string what : {"init", "connect", "cast 1", "a"}) {
      CAPTURE(what);
      gated_fixture f(what);
      memory_peer peer = f.open();
      f.client->cast(1);
      poll(f.io);
      peer.write(text_frame("a"));
      peer.write(text_frame("b"));
      poll(f.io);
      CHECK(f.take_log().back() == what);
      outcome suspended;
      f.client->suspend(suspended.token());
      f.client->cast(2);
      poll(f.io);
      CHECK(!suspended.done());
      f.open_gate();
      CHECK(suspended.ok());
      f.take_log();
      CHECK(rests(f));
      CHECK(resume(f));
      CHECK(f.take_log().back() == "b");
    }
  }

  TEST_CASE_TEMPLATE("requests take effect in their order, between casts", Fixture, gated_fixture,
                     plain_fixture) {
    Fixture f;
    f.open();
    take_log(f);
    const auto access = [&](std::string what) {
      f.client->with_handler([what](auto& h) { h.log.push_back(what); }, asio::detached);
    };
    outcome suspended;
    outcome resumed;
    f.client->cast(1);
    f.client->suspend(suspended.token());
    f.client->cast(2);
    access("access");
    poll(f.io);
    CHECK(suspended.ok());
    CHECK(take_log(f) == lines{"cast 1", "access"});
    access("another");
    f.client->resume(resumed.token());
    access("and then");
    poll(f.io);
    CHECK(resumed.ok());
    CHECK(take_log(f) == lines{"another", "cast 2", "and then"});
  }

  TEST_CASE("twice is once, and resume without suspend does nothing") {
    plain_fixture f;
    memory_peer peer = f.open();
    CHECK(resume(f));
    CHECK(!suspend(f));
    CHECK(!suspend(f));
    CHECK(resume(f));
    CHECK(resume(f));
    CHECK(!status_of(f).suspended);
    CHECK(works(f, peer));
  }

  TEST_CASE("frames are sent, and flush completes") {
    plain_fixture f;
    memory_peer peer = f.open();
    peer.discard_written();
    peer.allow_write(0);
    f.client->try_send(wsx::text{"before"});
    poll(f.io);
    CHECK(!suspend(f));
    peer.allow_write(memory_peer::unlimited / 2);
    auto other = f.client->make_sender();
    other.try_send(wsx::text{"meanwhile"});
    outcome flushed;
    f.client->flush(flushed.token());
    poll(f.io);
    take_log(f);
    CHECK(flushed.ok());
    CHECK(frames_of(peer) == lines{"text \"before\"", "text \"meanwhile\""});
    CHECK(rests(f));
  }

  TEST_CASE("a reply from before is sent") {
    struct replies {
      void handle_frame(wsx::text) {}
      wsx::action handle_cast(int) { return wsx::reply("reply"); }
    };
    client_fixture<replies> f;
    memory_peer peer = f.open();
    peer.discard_written();
    f.client->cast(1);
    f.client->suspend(asio::detached);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"reply\""});
    CHECK(status_of(f).suspended);
  }

  TEST_CASE("the handler is replaced meanwhile") {
    client_fixture<wsx::any_handler> f{plain_life{}};
    memory_peer peer = f.open();
    CHECK(!suspend(f));
    peer.write(text_frame("a"));
    outcome changed;
    f.client->code_change<next_life, plain_life>(std::monostate(), changed.token());
    poll(f.io);
    CHECK(changed.ok());
    REQUIRE(f.handler().get_if<next_life>());
    CHECK(f.handler().get_if<next_life>()->log == lines{"init", "connect"});
    CHECK(resume(f));
    CHECK(f.handler().get_if<next_life>()->log.back() == "next a");
  }

  TEST_CASE("a change that was asked for before is made, too") {
    client_fixture<wsx::any_handler> f{wsx::any_handler(quiet())};
    gated_life first{.waits_in = "cast 1",
                     .gate = std::make_shared<asio::steady_timer>(f.io, std::chrono::hours(1))};
    const auto gate = first.gate;
    f.client.emplace(f.io.get_executor(), wsx::any_handler(first), calm());
    f.open();
    f.client->cast(1);
    poll(f.io);
    outcome suspended;
    outcome changed;
    f.client->suspend(suspended.token());
    f.client->code_change<next_life, gated_life>(std::monostate(), changed.token());
    poll(f.io);
    CHECK(!changed.done());
    gate->cancel();
    poll(f.io);
    CHECK(suspended.ok());
    CHECK(changed.ok());
  }

  TEST_CASE_TEMPLATE("while a connection is replaced: both wait", Fixture, gated_fixture,
                     plain_fixture) {
    Fixture f({}, calm().set(&wsx::options::max_connection_age, 1h));
    memory_peer old = f.open();
    f.let_pass(1h);
    memory_peer next = f.next();
    take_log(f);
    CHECK(!suspend(f));
    next.accept();
    next.write(text_frame("b"));
    old.write(text_frame("a"));
    poll(f.io);
    CHECK(rests(f));
    CHECK(old.bytes_read() < next.bytes_read());
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"a", "connect", "b"});
    old.write(text_frame("late"));
    CHECK(!suspend(f));
    CHECK(rests(f));
    CHECK(resume(f));
    CHECK(take_log(f) == lines{"late"});
    CHECK(works(f, next));
  }

  TEST_CASE("a trace shows it") {
    plain_fixture f;
    lines traced;
    f.client->trace([&](std::string_view line) { traced.emplace_back(line); });
    CHECK(!suspend(f));
    CHECK(!suspend(f));
    CHECK(resume(f));
    CHECK(traced == lines{"suspended", "resumed"});
  }

  TEST_CASE("a cancellation withdraws it before it begins") {
    gated_fixture f("cast 1");
    f.open();
    f.client->cast(1);
    poll(f.io);
    asio::cancellation_signal signal;
    outcome suspended;
    f.client->suspend(asio::bind_cancellation_slot(signal.slot(), suspended.token()));
    poll(f.io);
    signal.emit(asio::cancellation_type::terminal);
    poll(f.io);
    CHECK(suspended.failed(asio::error::operation_aborted));
    f.open_gate();
    CHECK(!status_of(f).suspended);
  }

  TEST_CASE("a callback can't await it, but can start it") {
    struct asks {
      memory_client<asks>* client = nullptr;
      lines log{};
      asio::awaitable<void> handle_cast(int n) {
        log.push_back("cast " + std::to_string(n));
        if (n > 1) co_return;
        for (const bool suspends : {true, false}) {
          try {
            auto call = suspends ? client->suspend() : client->resume();
            co_await std::move(call);
          } catch (const wsx::system_error& e) {
            log.emplace_back(e.what());
          }
        }
        client->suspend(asio::detached);
      }
      void handle_frame(wsx::text) {}
    };
    client_fixture<asks> f;
    f.handler().client = &*f.client;
    f.open();
    f.client->cast(1);
    poll(f.io);
    f.client->cast(2);
    poll(f.io);
    CHECK(status_of(f).suspended);
    CHECK(f.handler().log ==
          lines{"cast 1", "cannot suspend the client: a callback would wait for its own end",
                "cannot resume the client: a callback would wait for its own end"});
  }
}
