#include "../lifetime/gated_life.hpp"
#include "telling.hpp"

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>

// What ends while a connection is replaced: the client, one of the connections, a callback.

namespace {

using namespace rotation_test;

std::ptrdiff_t count(const lines& log, std::string_view beginning) {
  return std::ranges::count_if(log, [&](const auto& each) { return each.starts_with(beginning); });
}

// Everything that begins has one end, and an end has a reason.
void check_told(const lines& log) {
  CHECK(count(log, "attempt") == count(log, "connected") + count(log, "failed"));
  CHECK(count(log, "connected") == count(log, "ended"));
  for (const auto& each : log) {
    CAPTURE(each);
    if (each.starts_with("failed")) CHECK(!each.ends_with("none"));
  }
}

// A rotation that is interrupted after some steps of it.
struct interrupted_rotation {
  interrupted_rotation(lines& log, int steps) : f(log), old(f.open()) {
    f.clock->advance(age);
    for (int i = 0; i < steps && !over; ++i) {
      f.io.restart();
      over = f.io.poll_one() == 0 && accepted;
      if (!next) next = f.server.next();
      if (!next || accepted || next->bytes_written() == 0) continue;
      next->accept();
      accepted = true;
    }
  }

  void answer(memory_peer& peer) {
    peer.write(close_frame());
    peer.close();
  }

  telling_fixture f;
  memory_peer old;
  std::optional<memory_peer> next{};
  bool accepted = false;
  bool over = false;  // the old connection waits for its Close
};

template <class Interrupt>
void at_each_step(Interrupt interrupt) {
  for (int steps = 0; steps < 200; ++steps) {
    CAPTURE(steps);
    lines log;
    bool over = false;
    {
      interrupted_rotation r(log, steps);
      over = r.over;
      interrupt(r);
      CHECK(r.old.client_closed());
    }
    if (over) return;
  }
  FAIL("the rotation does not end");
}

}  // namespace

TEST_SUITE("behavior/rotation/ends") {
  TEST_CASE("the client is aborted at any moment: both connections end at once, and are told") {
    at_each_step([](interrupted_rotation& r) {
      r.f.client->abort();
      poll(r.f.io);
      CHECK(r.f.ended.failed(wsx::errc::aborted));
      CHECK((!r.next || r.next->client_closed()));
      check_told(*r.f.handler().log);
      for (const auto& each : *r.f.handler().log) {
        if (each.starts_with("failed")) CHECK(each.ends_with(": aborted"));
        // One that has been replaced was closing.
        if (each.starts_with("ended"))
          CHECK((each.ends_with(": aborted") || each == "ended 1: local sent"));
      }
      r.f.client.reset();
      CHECK(run_out(r.f.io));
    });
  }

  TEST_CASE("the client is closed at any moment: each connection in order") {
    at_each_step([](interrupted_rotation& r) {
      outcome closed;
      r.f.client->close(closed.token());
      poll(r.f.io);
      CHECK(frames_of(r.old).size() == 1);  // Close
      if (count(*r.f.handler().log, "connected 2") > 0) {
        CHECK(frames_of(*r.next) == lines{"close without a code"});
        r.answer(*r.next);
      } else if (r.next) {
        CHECK(r.next->client_closed());
      }
      r.answer(r.old);
      poll(r.f.io);
      CHECK(closed.ok());
      CHECK(r.f.ended.done());
      CHECK((!r.next || r.next->client_closed()));
      check_told(*r.f.handler().log);
      r.f.client.reset();
      CHECK(run_out(r.f.io));
    });
  }

  TEST_CASE("the client is destroyed at any moment") {
    at_each_step([](interrupted_rotation& r) {
      r.f.client.reset();
      poll(r.f.io);
      CHECK((!r.next || r.next->client_closed()));
      CHECK(run_out(r.f.io));
    });
  }

  TEST_CASE("the old connection breaks at any moment: the client has another soon") {
    at_each_step([](interrupted_rotation& r) {
      r.old.fail_reads(make_error_code(std::errc::connection_reset));
      poll(r.f.io);
      while (auto another = r.f.server.next()) {
        r.next = *another;
        r.accepted = false;
      }
      REQUIRE(r.next);
      if (!r.accepted) r.next->accept();
      poll(r.f.io);
      CHECK(works(r.f, *r.next));
      CHECK(!r.f.ended.done());
      const lines& log = *r.f.handler().log;
      CHECK(count(log, "attempt") == count(log, "connected") + count(log, "failed"));
      CHECK(count(log, "connected") == count(log, "ended") + 1);
    });
  }

  TEST_CASE("the client is closed while it waits to be connected: the attempt is given up") {
    lines log;
    telling_fixture f(log);
    memory_peer old = f.open();
    f.server.hold();
    f.let_pass(age);
    REQUIRE(f.server.waiting() == 1);
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(log.back() == "failed 1: closing");
    answer_close(old, f.io);
    CHECK(closed.ok());
  }

  TEST_CASE(
      "the client is closed when the new one is open, before it was looked at: it is given up") {
    lines log;
    telling_fixture f(log);
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next();
    outcome closed;
    // The close is posted first, and the strand is busy until the handshake is over.
    asio::post(f.client->get_executor(), [&] {
      f.client->close(closed.token());
      next.accept();
      while (f.io.poll_one() > 0) {}
    });
    poll(f.io);
    CHECK(log.back() == "failed 1: closing");
    CHECK(next.client_closed());
    answer_close(old, f.io);
    CHECK(closed.ok());
    check_told(log);
  }

  TEST_CASE("an attempt that waits to be connected is given up after connect_timeout") {
    lines log;
    telling_fixture f(log, rotating().set(&wsx::options::connect_timeout, seconds(3)));
    memory_peer old = f.open();
    f.server.hold();
    f.let_pass(age);
    f.let_pass(seconds(2));
    CHECK(count(log, "failed") == 0);
    f.let_pass(seconds(1));
    CHECK(log.back() == "failed 1: connect_timeout");
    CHECK(works(f, old));
  }

  TEST_CASE("aborted while a callback waits that takes no notice: both connections end at once") {
    for (const bool dialing : {true, false}) {
      CAPTURE(dialing);
      gated_fixture f("wait", rotating());
      f.handler().stubborn = true;
      memory_peer old = f.open();
      auto one = f.client->make_sender();
      CHECK(one.try_send(begins("unfinished")));
      poll(f.io);
      f.let_pass(age);
      memory_peer next = f.next();
      if (!dialing) {
        next.accept();
        poll(f.io);
      }
      say(f, old, "wait");
      f.client->abort();
      poll(f.io);
      CHECK(old.client_closed());
      CHECK(next.client_closed());
      CHECK(f.take_log().back() == "wait");
      f.open_gate();
      CHECK(f.ended.failed(wsx::errc::aborted));
    }
  }

  TEST_CASE("the client ends with two connections: neither stays") {
    lines log;
    telling_fixture f(log);
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next_open();
    f.client->abort();
    poll(f.io);
    REQUIRE(log.size() >= 2);
    CHECK(log[log.size() - 2] == "ended 1: local sent");
    CHECK(log.back() == "ended 2: aborted");
  }

  TEST_CASE("the client ends while the new one waits to take over: that one ends, too") {
    lines log;
    telling_fixture f(log);
    auto [old, one, next] = hold_rotation(f);
    f.client->abort();
    poll(f.io);
    REQUIRE(log.size() >= 2);
    CHECK(log[log.size() - 2] == "ended 2: aborted");
    CHECK(log.back() == "ended 1: aborted");
    CHECK(!next.client_shut_down());  // at once
  }

  TEST_CASE("one that can't be written to any more says why") {
    lines log;
    telling_fixture f(log);
    f.handler().greet = [](const wsx::connection_info&, wsx::session&) {
      return wsx::reply("hello");
    };
    memory_peer old = f.open();
    SUBCASE("the new one") {
      f.let_pass(age);
      memory_peer next = f.next();
      auto one = f.client->make_sender();
      CHECK(one.try_send(begins("unfinished")));
      poll(f.io);
      next.fail_writes(make_error_code(std::errc::broken_pipe));
      next.accept();
      poll(f.io);
      next.close();
      poll(f.io);
      CHECK(count(log, "ended 2, another stays: ") == 1);
      CHECK(log.back() != "ended 2, another stays: remote");
      CHECK(works(f, old) == false);  // within a message
    }
    SUBCASE("the old one, which is replaced") {
      auto one = f.client->make_sender();
      CHECK(one.try_send(begins("unfinished")));
      poll(f.io);
      f.let_pass(age);
      memory_peer next = f.next_open();
      old.fail_writes(make_error_code(std::errc::broken_pipe));
      CHECK(one.try_send(ends("message")));
      poll(f.io);
      old.close();
      poll(f.io);
      CHECK(count(log, "ended 1, another stays: ") == 1);

      CHECK(works(f, next));
    }
  }

  TEST_CASE("a connection that ends in order is shut down in order") {
    client_fixture<numbering> f({}, rotating());
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next_open();
    answer_close(old, f.io);
    CHECK(old.client_shut_down());
    CHECK(works(f, next));
  }

  TEST_CASE("a callback closes the old one, which can't be replaced yet: the handler decides") {
    lines log;
    telling_fixture f(log);
    memory_peer old = f.open();
    SUBCASE("before the new one is open") {
      f.let_pass(age);
      memory_peer next = f.next();
      say(f, old, "close");
      next.accept();
      poll(f.io);
      CHECK(frames_of(old) == lines{"close without a code"});
      answer_close(old, f.io);
      CHECK(next.client_closed());
    }
    SUBCASE("within a message in fragments") {
      auto one = f.client->make_sender();
      CHECK(one.try_send(begins("unfinished")));
      poll(f.io);
      f.let_pass(age);
      memory_peer next = f.next_open();
      say(f, old, "close");
      answer_close(old, f.io);
      CHECK(next.client_closed());
    }
    CHECK(count(log, "asked, local") == 1);
    memory_peer third = f.next_open();
    CHECK(works(f, third));
  }

  TEST_CASE("a callback for the old one throws while there is another") {
    for (const bool goes_on : {false, true}) {
      CAPTURE(goes_on);
      lines log;
      telling_fixture f(log, rotating().set(&wsx::options::reconnect_after_exception, goes_on));
      auto [old, one, next] = hold_rotation(f);
      say(f, old, "throw");
      answer_close(old, f.io);
      CHECK(count(log, "asked") == 0);
      CHECK(f.ended.done() == !goes_on);
      if (goes_on) {
        CHECK(log.back() == "ended 1, another stays: handler_failed");
        CHECK(works(f, next));
      } else {
        CHECK(next.client_closed());
        CHECK(f.ended.failed(wsx::errc::handler_failed));
      }
    }
  }

  TEST_CASE("the new one breaks while it waits to take over: senders go on with the old one") {
    lines log;
    telling_fixture f(log);
    memory_peer old = f.open();
    auto one = f.client->make_sender();
    auto other = f.client->make_sender();
    CHECK(one.try_send(begins("one ")));
    poll(f.io);
    f.let_pass(age);
    memory_peer next = f.next_open();
    old.discard_written();
    CHECK(other.try_send(wsx::text{"other"}));
    poll(f.io);
    next.fail_reads(make_error_code(std::errc::connection_reset));
    poll(f.io);
    CHECK(log.back().starts_with("ended 2, another stays: "));
    CHECK(one.try_send(ends("message")));
    poll(f.io);
    CHECK(frames_of(old) == lines{"continuation \"message\"", "text \"other\""});
    CHECK(works(f, old));
  }

  TEST_CASE("replies that the new one has not written when it breaks are counted as dropped") {
    lines log;
    telling_fixture f(log);
    f.handler().greet = [](const wsx::connection_info&, wsx::session&) {
      return wsx::reply(wsx::text{std::string(300'000, 'x')}).reply("hello");
    };
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next();
    auto one = f.client->make_sender();
    CHECK(one.try_send(begins("unfinished")));  // or it would take over
    poll(f.io);
    next.allow_write(3);
    next.accept();
    poll(f.io);
    next.fail_reads(make_error_code(std::errc::connection_reset));
    poll(f.io);
    CHECK(log.back().starts_with("ended 2, another stays: "));
    CHECK(f.client->stats().replies_dropped == 1);
  }

  TEST_CASE("suspended before the new one takes over: the old one is closed nevertheless") {
    lines log;
    telling_fixture f(log);
    auto [old, one, next] = hold_rotation(f, "one ");
    old.discard_written();
    outcome suspended;
    f.client->suspend(suspended.token());
    poll(f.io);
    CHECK(suspended.ok());
    CHECK(one.try_send(ends("message")));
    CHECK(one.try_send(wsx::text{"next"}));
    poll(f.io);
    CHECK(frames_of(old) == lines{"continuation \"message\"", "close 1000 \"\""});
    CHECK(frames_of(next) == lines{"text \"next\""});
  }

  TEST_CASE("the execution context ends while the client connects again") {
    lines log;
    auto io = std::make_unique<asio::io_context>();
    memory_listener server("server");
    auto token = std::make_shared<int>();
    const std::weak_ptr handler = token;
    {
      auto o = calm().set(&wsx::options::max_connection_age, milliseconds(1));
      const auto greet = [kept = std::move(token)](const wsx::connection_info&, wsx::session&) {
        return wsx::ok();
      };
      memory_client<teller> client(*io, teller{&log, greet}, std::move(o));
      client.connect(server.url(), [](std::error_code) {});
      poll(*io);
      server.next().value().accept();
      poll(*io);
      client.detach();
    }
    REQUIRE(run_until(*io, [&] { return server.accepted() == 2; }));
    poll(*io);
    io.reset();
    CHECK(handler.expired());
  }
}
