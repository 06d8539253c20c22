#include "connection_fixture.hpp"

using namespace connection_test;

namespace {

const auto broken_pipe = std::make_error_code(std::errc::broken_pipe);

// The payload of the one frame that is sent, which is a ping.
std::string take_ping(fixture& f) {
  const auto frame = f.sent_alone();
  REQUIRE(frame.opcode == opcodes::ping);
  return frame.payload;
}

// There is always something to send.
wsx::options expecting_data() {
  return pinging().set(&wsx::options::ping_interval, 0ms).set(&wsx::options::data_timeout, 30s);
}

bool given_up(fixture& f) {
  return f.c.timed_out();
}

// A ping has been written, and the time for its pong has run out.
void let_ping_time_out(fixture& f) {
  f.let_pass(20s);
  take_ping(f);
  f.let_pass(10s);
}

}  // namespace

TEST_SUITE("protocol/connection_time: keepalive") {
  TEST_CASE("RFC 6455 5.5.2: a ping each ping_interval, while they are answered") {
    fixture f(pinging());
    std::string last;
    for (int i = 0; i < 5; ++i) {
      f.let_pass(20s - 1ms);
      CHECK(f.sent().empty());
      f.let_pass(1ms);
      const auto payload = take_ping(f);
      CHECK(payload != last);
      CHECK(f.receive(pong_frame(payload)) == "pong " + payload + "; ");
      last = payload;
    }
    CHECK(f.c.open());
  }

  TEST_CASE("latency is from when the ping was written to when its pong came") {
    fixture f(pinging());
    f.let_pass(20s);
    f.let_pass(2s);  // it had to wait
    const auto payload = take_ping(f);
    f.let_pass(150ms);
    f.receive(pong_frame("another"));
    CHECK(!f.latency);
    f.let_pass(100ms);
    f.receive(pong_frame(payload));
    CHECK(f.latency == 250ms);
    f.let_pass(1s);
    f.receive(pong_frame(payload));  // once more
    CHECK(f.latency == 250ms);
  }

  TEST_CASE("without ping_interval nothing is ever due on an idle connection") {
    fixture f;
    CHECK(!f.due());
  }

  TEST_CASE("the server is given up ping_timeout after the ping, if a last look finds nothing") {
    fixture f(pinging());
    f.let_pass(20s);
    take_ping(f);
    f.let_pass(10s - 1ms);
    f.receive_nothing();
    CHECK(!given_up(f));
    f.let_pass(1ms);
    CHECK(given_up(f));
    CHECK(!f.c.over());
    CHECK(f.c.wants_read());
    CHECK(!f.due());
    f.receive_nothing();
    CHECK(f.ended_by(errc::ping_timeout));
    CHECK(f.reason().origin == close_origin::error);
    CHECK(!f.c.closing());
  }

  TEST_CASE("whatever comes in the last moment keeps it") {
    fixture f(pinging());
    let_ping_time_out(f);
    REQUIRE(given_up(f));
    const std::string bytes = wire(text_frame("alive"));
    CHECK(f.receive(std::string_view(bytes).substr(0, 1)) == "");
    CHECK(!given_up(f));
    CHECK(f.receive(std::string_view(bytes).substr(1)) == "text alive; ");
    f.receive_nothing();
    CHECK(f.c.open());
    f.let_pass(10s);  // there are pings again
    take_ping(f);
    f.let_pass(10s);
    f.receive_nothing();
    CHECK(f.ended_by(errc::ping_timeout));
  }

  TEST_CASE("the end of an input that was there before is not that look") {
    fixture f(pinging());
    f.hand(wire(text_frame("a")));
    REQUIRE(f.c.next() == event::text);
    f.let_pass(20s);  // a coroutine looks at it
    take_ping(f);
    f.let_pass(10s);
    REQUIRE(given_up(f));
    CHECK(f.take_all() == "");
    CHECK(!f.c.over());
    CHECK(f.receive(text_frame("b")) == "text b; ");
    CHECK(!given_up(f));
  }

  TEST_CASE("the ping waits behind what the server takes slowly") {
    fixture f(pinging());
    f.queue(std::string(100'000, 'x'));
    f.write(1000);
    for (int i = 0; i < 10; ++i) {
      f.let_pass(9s);
      f.c.writable(f.now);
      f.write(1000);
    }
    CHECK(!given_up(f));
    f.let_pass(10s);
    CHECK(given_up(f));
  }

  TEST_CASE("what its system has not confirmed and is still moving keeps it, before the ping") {
    fixture f(pinging());
    f.send(std::string(10'000, 'x'));
    f.write(9000);  // and the ping waits
    f.let_pass(20s, 9000);
    for (std::size_t left = 8000; left > 0; left -= 1000) {
      f.let_pass(10s, left);
      CHECK(!given_up(f));
    }
    f.let_pass(10s, 1000);
    CHECK(given_up(f));
  }

  TEST_CASE("not what it had confirmed when the ping was sent") {
    fixture f(pinging());
    f.send(std::string(10'000, 'x'));
    f.write();
    f.let_pass(20s, 0);
    const auto size = f.write().size();
    f.let_pass(10s, size);
    CHECK(given_up(f));
  }

  TEST_CASE(
      "nor what moves behind a ping that was written; what moves before the next one counts") {
    fixture f(pinging());
    f.let_pass(20s, 0);
    take_ping(f);
    f.send(std::string(10'000, 'x'));
    f.write();
    f.let_pass(10s, 10'000);  // the ping itself has moved
    CHECK(!given_up(f));
    f.let_pass(10s, 5'000);
    REQUIRE(given_up(f));
    f.receive(text_frame("alive"));
    f.let_pass(1ms, 4'000);  // there is another ping, which waits
    f.let_pass(10s, 3'000);
    CHECK(!given_up(f));
  }

  TEST_CASE("no pings once closing has begun") {
    fixture f(pinging());
    f.c.close({});
    f.let_pass(4s);
    CHECK(f.sent() == frames{"close without a code"});
    CHECK(f.due() == 1s);
  }

  TEST_CASE("who closes when the ping has just timed out has close_timeout") {
    fixture f(pinging());
    let_ping_time_out(f);
    REQUIRE(given_up(f));
    f.c.close({});
    f.receive_nothing();
    CHECK(!f.c.over());
    CHECK(f.sent() == frames{"close without a code"});
    CHECK(f.due() == 5s);
    f.receive(close_frame());
    f.c.receive_end({}, true);
    CHECK(f.reason().clean);
  }
}

TEST_SUITE("protocol/connection_time: close_timeout") {
  TEST_CASE("the server has so long to end the connection") {
    fixture f;
    f.c.close({close_code::normal, ""});
    CHECK(f.due() == 5s);
    f.write();
    f.let_pass(5s - 1ms);
    f.c.handle_timeout(f.now, {});  // too early
    f.receive(close_frame(1000));
    f.receive_nothing();
    CHECK(!f.c.over());
    f.let_pass(1ms);
    CHECK(!f.c.over());
    CHECK(f.c.timed_out());
    CHECK(!f.due());
    f.receive_nothing();
    CHECK(f.ended_by(errc::close_timeout));
    CHECK(f.reason().origin == close_origin::local);
    CHECK(!f.reason().clean);
    CHECK(!f.reason().normal());
  }

  TEST_CASE("if the server began, that it doesn't end the connection is no error") {
    fixture f;
    f.receive(close_frame(1000));
    f.write();
    f.let_pass(5s);
    f.receive_nothing();
    CHECK(f.c.over());
    CHECK(f.reason().origin == close_origin::remote);
    CHECK(f.reason().error == std::error_code());
    CHECK(!f.reason().clean);
  }

  TEST_CASE("the end of the connection in the last moment is a clean one") {
    fixture f;
    f.c.close({});
    f.write();
    f.receive(close_frame());
    f.let_pass(5s);
    f.c.receive_end({}, true);
    f.receive_nothing();
    CHECK(f.reason().clean);
    CHECK(f.reason().error == std::error_code());
  }

  TEST_CASE("one that never stops to send has no longer") {
    fixture f;
    f.c.close({close_code::normal, ""});
    f.write();
    for (int i = 0; i < 5; ++i) {
      CHECK(!f.c.over());
      f.let_pass(1s);
      f.receive(binary_frame("and on"));
    }
    CHECK(f.ended_by(errc::close_timeout));
  }

  TEST_CASE("also for one that breaks a rule") {
    fixture f;
    f.receive(text_frame("\xff"));
    CHECK(f.due() == 5s);
    f.let_pass(5s);
    f.receive_nothing();
    CHECK(f.ended_by(errc::invalid_utf8));
  }
}

TEST_SUITE("protocol/connection_time: a transport that takes nothing more") {
  TEST_CASE("what the server said before can be read, and say why") {
    fixture f;
    f.c.write_failed(broken_pipe);
    f.c.write_failed(std::make_error_code(std::errc::io_error));  // the first counts
    CHECK(!f.c.may_write());
    CHECK(f.c.open());
    CHECK(f.c.wants_read());
    CHECK(f.receive(text_frame("before")) == "text before; ");
    CHECK(f.receive(close_frame(1008, "why")) == "");
    f.c.receive_end({}, true);
    CHECK(f.reason().origin == close_origin::remote);
    CHECK(f.reason().received == close_code::policy_violation);
    CHECK(f.reason().text == "why");
    CHECK(!f.reason().sent);
  }

  TEST_CASE("for close_timeout, also if it says more and more") {
    fixture f;
    f.c.write_failed(std::make_error_code(std::errc::io_error));
    CHECK(f.due() == 5s);
    for (int i = 0; i < 5; ++i) {
      CHECK(!f.c.over());
      f.let_pass(1s);
      CHECK(f.receive(text_frame("a")) == "text a; ");
    }
    CHECK(f.ended_by(std::make_error_code(std::errc::io_error)));
  }

  TEST_CASE("then why it takes nothing is why the connection has ended") {
    fixture f;
    f.c.write_failed(broken_pipe);
    f.let_pass(5s);
    CHECK(!f.c.over());
    f.receive_nothing();
    CHECK(f.ended_by(errc::connection_dropped));
    CHECK(f.reason().origin == close_origin::remote);
  }

  TEST_CASE("while it can be read, what waits to be written does not keep from it") {
    fixture f(calm().set(&wsx::options::max_reply_bytes, 100));
    f.send(std::string(100, 'x'));
    CHECK(!f.c.wants_read());
    f.c.write_failed(broken_pipe);
    CHECK(f.c.wants_read());
  }
}

TEST_SUITE("protocol/connection_time: memory") {
  TEST_CASE("what a burst made grow is given back after some time, also without pings") {
    fixture f;
    f.receive(text_frame("a"));
    CHECK(f.due() == 20s);
    f.let_pass(20s);
    CHECK(!f.due());
    f.send("a");
    f.write();
    CHECK(f.due() == 20s);
  }

  TEST_CASE("a ping in two pieces can be looked at while memory is given back") {
    fixture f(calm(), pings);
    const std::string bytes = wire(ping_frame("looked at"));
    f.receive(std::string_view(bytes).substr(0, 5));
    f.hand(std::string_view(bytes).substr(5));
    REQUIRE(f.c.next() == event::ping);
    f.let_pass(20s);
    fixture another(calm(), pings);
    const std::string others = wire(ping_frame("something"));
    another.receive(std::string_view(others).substr(0, 5));
    another.receive(std::string_view(others).substr(5));
    CHECK(payload_of(f.c) == "looked at");
  }

  TEST_CASE("nothing of a message that has begun is given back") {
    fixture f;
    f.receive(unfinished(text_frame("a")));
    f.let_pass(60s);
    CHECK(f.receive(continuation_frame("b", true)) == "text ab; ");
  }
}

TEST_SUITE("protocol/connection_time: data_timeout") {
  TEST_CASE("a server that answers pings and sends nothing is given up") {
    fixture f(expecting_data().set(&wsx::options::ping_interval, 20s));
    f.let_pass(20s);
    const auto pong = pong_frame(take_ping(f));
    CHECK(f.receive(pong).starts_with("pong "));
    f.let_pass(10s - 1ms);
    CHECK(!given_up(f));
    f.let_pass(1ms);
    CHECK(given_up(f));
    CHECK(f.c.wants_read());
    f.receive_nothing();
    CHECK(f.ended_by(errc::data_timeout));
    CHECK(f.reason().origin == close_origin::error);
    CHECK(!f.c.closing());
  }

  TEST_CASE("the time counts from the last message") {
    for (const auto& frame : {text_frame("a"), binary_frame("a")}) {
      fixture f(expecting_data());
      for (int i = 0; i < 5; ++i) {
        f.let_pass(30s - 1ms);
        f.receive(frame);
        f.c.take_messages_received();
        f.receive(ping_frame("x"));
        f.write();
      }
      CHECK(!given_up(f));
      f.let_pass(30s - 1ms);
      CHECK(!given_up(f));
      f.let_pass(1ms);
      CHECK(given_up(f));
    }
  }

  TEST_CASE("every part of a message counts, whether it is returned or not") {
    for (const auto& wanted : {reception(), pieces}) {
      CAPTURE(wanted.how == delivery::messages);
      fixture f(expecting_data(), wanted);
      auto first = text_frame("first");
      first.fin = false;
      const std::string bytes = wire(first, continuation_frame("last", true));
      for (std::size_t i = 0; i < bytes.size(); i += 2) {
        f.let_pass(30s - 1ms);
        CHECK(!given_up(f));
        f.receive(std::string_view(bytes).substr(i, 2));
        f.write();
      }
      f.let_pass(30s - 1ms);
      CHECK(!given_up(f));
    }
  }

  TEST_CASE("compressed messages count") {
    auto o = expecting_data();
    o.deflate = wsx::deflate_options();
    fixture f(o);
    server_deflater server;
    f.let_pass(29s);
    f.receive(compressed(server, "hello"));
    f.let_pass(29s);
    CHECK(!given_up(f));
  }

  TEST_CASE("a message in the last moment keeps the connection") {
    for (const auto& frame : {text_frame("b"), binary_frame("b")}) {
      fixture f(expecting_data());
      f.let_pass(30s);
      REQUIRE(given_up(f));
      CHECK(f.receive(ping_frame("a"), frame).ends_with(" b; "));
      CHECK(!given_up(f));
      CHECK(f.c.open());
      f.let_pass(30s);
      f.receive_nothing();
      CHECK(f.ended_by(errc::data_timeout));
    }
  }

  TEST_CASE("control frames in the last moment do not") {
    fixture f(expecting_data());
    f.let_pass(30s);
    REQUIRE(given_up(f));
    CHECK(f.receive(ping_frame("a"), pong_frame("b")) == "pong b; ");
    CHECK(f.ended_by(errc::data_timeout));
  }

  TEST_CASE("the end of an input that was there before is not that look") {
    fixture f(expecting_data(), pings);
    f.hand(wire(ping_frame("a")));
    REQUIRE(f.c.next() == event::ping);
    f.let_pass(30s);  // a coroutine looks at it
    REQUIRE(given_up(f));
    CHECK(f.take_all() == "");
    CHECK(!f.c.over());
    CHECK(f.receive(text_frame("b")) == "text b; ");
    CHECK(!given_up(f));
  }

  TEST_CASE("a message that a coroutine has looked at for long counts from when it came") {
    fixture f(expecting_data());
    f.let_pass(1s);
    f.hand(wire(text_frame("a")));
    REQUIRE(f.c.next() == event::text);
    f.let_pass(29s);
    REQUIRE(given_up(f));
    CHECK(f.take_all() == "");
    CHECK(!given_up(f));
    CHECK(f.due() == 1s);
  }

  TEST_CASE("while replies keep the connection from reading, no data is missed") {
    auto o = expecting_data();
    o.max_reply_bytes = 10;
    o.ping_timeout = 50s;
    fixture f(o);
    f.send("a reply that is long");
    f.let_pass(45s);
    CHECK(!given_up(f));
    f.write();
    CHECK(f.due() == 30s);
  }

  TEST_CASE("once closing has begun only close_timeout counts") {
    auto o = expecting_data();
    o.close_timeout = 60s;
    fixture f(o);
    f.c.close({});
    f.let_pass(59s);
    CHECK(!given_up(f));
    f.let_pass(1s);
    f.receive_nothing();
    CHECK(f.reason().error == errc::close_timeout);
  }
}

TEST_SUITE("protocol/connection_time: restart_liveness") {
  TEST_CASE("all times of the peer begin anew") {
    fixture f(pinging().set(&wsx::options::data_timeout, 50s));
    f.let_pass(19s);
    f.c.restart_liveness(f.now);
    CHECK(f.due() == 20s);
    f.let_pass(20s);
    take_ping(f);
    f.let_pass(9s);
    f.c.restart_liveness(f.now);
    f.let_pass(20s);
    CHECK(!given_up(f));
    take_ping(f);
  }

  TEST_CASE("a deadline that has passed has not, and the next one has") {
    fixture f(expecting_data());
    f.let_pass(30s);
    REQUIRE(given_up(f));
    f.c.restart_liveness(f.now);
    CHECK(!given_up(f));
    f.receive_nothing();
    CHECK(f.c.open());
    f.let_pass(30s);
    f.receive_nothing();
    CHECK(f.ended_by(errc::data_timeout));

    fixture g(pinging());
    let_ping_time_out(g);
    REQUIRE(given_up(g));
    g.c.restart_liveness(g.now);
    CHECK(!given_up(g));
    CHECK(g.due() == 20s);
  }

  TEST_CASE("a pong to an earlier ping is no measurement") {
    fixture f(pinging());
    f.let_pass(20s);
    const auto pong = pong_frame(take_ping(f));
    f.c.restart_liveness(f.now);
    f.receive(pong);
    CHECK(!f.latency);
  }

  TEST_CASE("the deadline of a closing handshake goes on") {
    fixture f(pinging().set(&wsx::options::close_timeout, 5s));
    f.c.close({});
    f.write();
    f.let_pass(4s);
    f.c.restart_liveness(f.now);
    f.let_pass(1s);
    CHECK(given_up(f));
    f.c.restart_liveness(f.now);
    f.receive_nothing();
    CHECK(f.ended_by(errc::close_timeout));
  }
}
