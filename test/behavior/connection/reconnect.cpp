#include "../../client/clock.hpp"
#include "../support.hpp"

#include <stdexcept>

// What happens after a connection has ended, and before the first one has begun.

namespace {

using namespace client_test;
using namespace wsx::testing;

// What handle_disconnect was told.
struct told {
  std::size_t attempt;
  wsx::close_origin origin;
  std::error_code error;
  bool was_open;
  std::string url;
  int http_status;
};

struct decider {
  std::vector<told>* seen;
  std::function<wsx::disconnect_decision(const wsx::disconnect&)> decide;
  lines* calls;

  void init(const wsx::connection_info&) { calls->push_back("init"); }
  void handle_connect(const wsx::connection_info& i) {
    calls->push_back("connect " + std::to_string(i.attempt));
  }
  void handle_frame(wsx::text t) { calls->push_back("text " + std::string(t.payload)); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    seen->push_back({d.attempt, d.reason.origin, d.reason.error, d.uptime > d.uptime.zero(),
                     d.connection.url, d.reason.diagnostics.http_status});
    return decide(d);
  }
  void terminate(const wsx::close_reason&) { calls->push_back("terminate"); }
};

struct story {
  explicit story(std::function<wsx::disconnect_decision(const wsx::disconnect&)> decide,
                 wsx::options options = calm())
      : w({&seen, std::move(decide), &calls}, std::move(options)) {}

  memory_peer next() {
    auto peer = w.server.next();
    REQUIRE(peer);
    return *peer;
  }

  memory_peer next_open() {
    memory_peer peer = next();
    peer.accept();
    poll(w.io);
    return peer;
  }

  std::vector<std::size_t> attempts() const {
    std::vector<std::size_t> all;
    for (const auto& t : seen) all.push_back(t.attempt);
    return all;
  }

  std::vector<told> seen;
  lines calls;
  world<decider> w;
};

using attempts = std::vector<std::size_t>;

wsx::disconnect_decision always(const wsx::disconnect&) {
  return wsx::reconnect();
}

}  // namespace

TEST_SUITE("client: reconnect") {
  TEST_CASE("stop: the client ends") {
    story s([](const wsx::disconnect&) { return wsx::stop(); });
    s.w.open().close();
    poll(s.w.io);
    REQUIRE(s.seen.size() == 1);
    CHECK(s.seen[0].attempt == 1);
    CHECK(s.seen[0].was_open);
    CHECK(s.seen[0].origin == wsx::close_origin::remote);
    CHECK(s.seen[0].error == wsx::errc::connection_dropped);
    CHECK(s.seen[0].url == s.w.server.url());
    CHECK(s.w.ended.failed(wsx::errc::connection_dropped));
    CHECK(s.calls == lines{"init", "connect 1", "terminate"});
  }

  TEST_CASE("reconnect: init only once, handle_connect each time") {
    story s(always);
    s.w.open().close();
    poll(s.w.io);
    memory_peer peer = s.next_open();
    CHECK(s.calls == lines{"init", "connect 1", "connect 1"});
    peer.close();
    poll(s.w.io);
    s.next_open();
    CHECK(s.attempts() == attempts{1, 1});
    CHECK(s.w.client->stats().connects == 3);
    CHECK(!s.w.ended.done());
  }

  TEST_CASE("attempts count the failures in a row") {
    story s(
        [](const wsx::disconnect& d) { return d.attempt < 4 ? wsx::reconnect() : wsx::stop(); });
    memory_peer peer = s.w.open();
    peer.close();
    poll(s.w.io);
    s.next().write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    poll(s.w.io);
    s.next().close();
    poll(s.w.io);
    memory_peer again = s.next_open();
    CHECK(s.attempts() == attempts{1, 2, 3});
    CHECK(s.calls.back() == "connect 3");
    CHECK(s.seen[1].http_status == 503);
    CHECK(s.seen[1].error == wsx::errc::refused_for_now);
    CHECK(!s.seen[1].was_open);
    CHECK(s.seen[1].url == s.w.server.url());
    CHECK(s.seen[2].http_status == 0);
    // An open connection starts the count anew.
    s.w.server.refuse(asio::error::connection_refused);
    again.close();
    poll(s.w.io);
    CHECK(s.attempts() == attempts{1, 2, 3, 1, 2, 3, 4});
    CHECK(s.w.ended.failed(asio::error::connection_refused));
  }

  TEST_CASE("reconnect_to: there, and later too") {
    memory_listener other{"other"};
    bool moved = false;
    story s([&](const wsx::disconnect&) {
      return std::exchange(moved, true) ? wsx::reconnect() : wsx::reconnect_to("ws://other/path");
    });
    s.w.open().close();
    poll(s.w.io);
    for (int i = 0; i < 2; ++i) {
      memory_peer peer = other.next().value();
      CHECK(peer.accept().target == "/path");
      poll(s.w.io);
      CHECK(s.w.client->is_open());
      peer.close();
      poll(s.w.io);
    }
    CHECK(s.w.server.accepted() == 1);
    CHECK(s.seen.back().url == "ws://other/path");
  }

  TEST_CASE("reconnect_to a URL that is none counts as a failed attempt") {
    story s([](const wsx::disconnect& d) {
      return d.attempt == 1 ? wsx::reconnect_to("nonsense") : wsx::stop();
    });
    s.w.open().close();
    poll(s.w.io);
    CHECK(s.attempts() == attempts{1, 2});
    CHECK(s.w.ended.failed(wsx::errc::invalid_url));
  }

  TEST_CASE("reconnect_after waits, and close ends the waiting") {
    story s([](const wsx::disconnect&) { return wsx::reconnect_after(std::chrono::hours(1)); });
    s.w.open().close();
    poll(s.w.io);
    CHECK(s.w.server.accepted() == 1);
    CHECK(!s.w.ended.done());
    std::error_code error;
    CHECK(!s.w.client->try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::not_connected);
    outcome closed;
    s.w.client->close(wsx::close_code::normal, "", closed.token());
    poll(s.w.io);
    CHECK(closed.ok());
    CHECK(s.w.ended.done());
    CHECK(s.calls.back() == "terminate");
  }

  TEST_CASE("the longest delay does not pass, and close ends it like any other") {
    story s([](const wsx::disconnect&) {
      return wsx::reconnect_after(std::chrono::steady_clock::duration::max());
    });
    s.w.open().close();
    let_pass(s.w.io, std::chrono::hours(24));
    CHECK(s.w.server.accepted() == 1);
    CHECK(!s.w.ended.done());
    outcome closed;
    s.w.client->close(wsx::close_code::normal, "", closed.token());
    CHECK(run_out(s.w.io));
    CHECK(closed.ok());
    CHECK(s.w.ended.done());
  }

  TEST_CASE("a delay below zero is none") {
    story s([](const wsx::disconnect&) {
      return wsx::reconnect_after(std::chrono::steady_clock::duration::min());
    });
    s.w.open().close();
    poll(s.w.io);
    CHECK(s.w.server.accepted() == 2);
  }

  TEST_CASE("reconnect_after a short delay") {
    story s(
        [](const wsx::disconnect&) { return wsx::reconnect_after(std::chrono::milliseconds(1)); });
    s.w.open().close();
    CHECK(run_until(s.w.io, [&] { return s.w.server.accepted() == 2; }));
  }

  TEST_CASE("close by this side does not reconnect, whatever the handler says") {
    story s(always);
    memory_peer peer = s.w.open();
    outcome closed;
    s.w.client->close(wsx::close_code::normal, "", closed.token());
    poll(s.w.io);
    peer.write(close_frame(1000));
    peer.close();
    poll(s.w.io);
    CHECK(closed.ok());
    CHECK(s.w.ended.ok());
    CHECK(s.attempts() == attempts{1});
    CHECK(s.w.server.accepted() == 1);
  }

  TEST_CASE("a failed first connection is the business of connect") {
    story s(always);
    s.w.server.refuse(asio::error::connection_refused);
    s.w.client->connect(s.w.server.url(), s.w.connected.token());
    poll(s.w.io);
    CHECK(s.w.connected.failed(asio::error::connection_refused));
    CHECK(s.seen.empty());
    CHECK(s.calls.empty());
  }

  TEST_CASE("handle_first_failure: it is the handler's, connect waits") {
    auto options = calm();
    options.handle_first_failure = true;
    story s(
        [](const wsx::disconnect& d) {
          return d.attempt < 3 ? wsx::reconnect()
                               : wsx::reconnect_after(std::chrono::milliseconds(1));
        },
        options);
    s.w.server.refuse(asio::error::connection_refused);
    s.w.client->connect(s.w.server.url(), s.w.connected.token());
    poll(s.w.io);
    CHECK(s.attempts().size() >= 3);
    CHECK(s.seen[0].attempt == 1);
    CHECK(s.seen[1].attempt == 2);
    CHECK(!s.seen[0].was_open);
    CHECK(s.seen[0].url.empty());
    CHECK(!s.w.connected.done());
    s.w.server.refuse({});
    REQUIRE(run_until(s.w.io, [&] { return s.w.server.accepted() == 1; }));
    poll(s.w.io);
    s.next_open();
    CHECK(s.w.connected.ok());
    CHECK(s.calls.front() == "init");
  }

  TEST_CASE("handle_first_failure: the handler gives up") {
    auto options = calm();
    options.handle_first_failure = true;
    story s([](const wsx::disconnect& d) { return d.attempt < 3 ? wsx::reconnect() : wsx::stop(); },
            options);
    s.w.server.refuse(asio::error::connection_refused);
    s.w.client->connect(s.w.server.url(), s.w.connected.token());
    s.w.client->join(s.w.ended.join_token());
    poll(s.w.io);
    CHECK(s.attempts() == attempts{1, 2, 3});
    CHECK(s.w.connected.failed(asio::error::connection_refused));
    CHECK(s.w.ended.failed(asio::error::connection_refused));
    CHECK(s.calls == lines{"terminate"});
  }

  TEST_CASE("nothing of the connection before is left") {
    story s(always);
    memory_peer peer = s.w.open();
    // Half a message, half a frame, half a character.
    peer.write({.opcode = opcodes::text, .payload = "old \xe2\x82", .fin = false});
    peer.write(encode_server_frame(continuation_frame("\xac", true)).substr(0, 2));
    poll(s.w.io);
    peer.fail_reads(asio::error::connection_reset);
    poll(s.w.io);
    peer = s.next_open();
    peer.write(text_frame("new"));
    poll(s.w.io);
    CHECK(s.calls.back() == "text new");
    CHECK(peer.take_written().empty());
  }

  TEST_CASE("a response that is cut, and frames right behind the next one") {
    story s(always);
    s.w.open().close();
    poll(s.w.io);
    memory_peer peer = s.next();
    peer.write("HTTP/1.1 101 Switching Proto");
    peer.close();
    poll(s.w.io);
    peer = s.next();
    peer.limit_read(memory_peer::unlimited);
    auto head = peer.take_written();
    std::string_view left = head;
    const auto request = parse_request(left);
    REQUIRE(request);
    peer.write(make_accept_response(*request) + encode_server_frame(text_frame("early")));
    poll(s.w.io);
    CHECK(s.calls.back() == "text early");
    CHECK(s.attempts() == attempts{1, 2});
  }

  TEST_CASE("a server that closes with a code") {
    story s([](const wsx::disconnect& d) {
      return d.reason.received == wsx::close_code::service_restart ? wsx::reconnect() : wsx::stop();
    });
    memory_peer peer = s.w.open();
    peer.write(close_frame(1012, "soon back"));
    poll(s.w.io);
    CHECK(frames_of(peer) == lines{"close 1012 \"\""});
    peer.close();
    poll(s.w.io);
    peer = s.next_open();
    peer.write(close_frame(4321));
    peer.close();
    poll(s.w.io);
    CHECK(s.w.ended.failed(wsx::errc::closed_abnormally));
    CHECK(s.w.ended.reason.received == wsx::close_code{4321});
  }
}
