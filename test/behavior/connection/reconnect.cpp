#include "../support.hpp"

#include <stdexcept>

// What happens after a connection has ended, and before the first one has begun.

namespace {

using namespace behavior_test;
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

struct record {
  std::vector<told> seen{};
  lines calls{};
};

struct fixture : record, client_fixture<decider> {
  explicit fixture(std::function<wsx::disconnect_decision(const wsx::disconnect&)> decide,
                   wsx::options options = calm())
      : client_fixture({&seen, std::move(decide), &calls}, std::move(options)) {}

  std::vector<std::size_t> attempts() const {
    std::vector<std::size_t> all;
    for (const auto& t : seen) all.push_back(t.attempt);
    return all;
  }
};

using attempts = std::vector<std::size_t>;

wsx::disconnect_decision always(const wsx::disconnect&) {
  return wsx::reconnect();
}

}  // namespace

TEST_SUITE("behavior/connection/reconnect") {
  TEST_CASE("stop: the client ends") {
    fixture f([](const wsx::disconnect&) { return wsx::stop(); });
    memory_peer peer = f.open();
    f.let_pass(std::chrono::seconds(1));
    peer.close();
    poll(f.io);
    REQUIRE(f.seen.size() == 1);
    CHECK(f.seen[0].attempt == 1);
    CHECK(f.seen[0].was_open);
    CHECK(f.seen[0].origin == wsx::close_origin::remote);
    CHECK(f.seen[0].error == wsx::errc::connection_dropped);
    CHECK(f.seen[0].url == f.server.url());
    CHECK(f.ended.failed(wsx::errc::connection_dropped));
    CHECK(f.calls == lines{"init", "connect 1", "terminate"});
  }

  TEST_CASE("reconnect: init only once, handle_connect each time") {
    fixture f(always);
    f.open().close();
    poll(f.io);
    memory_peer peer = f.next_open();
    CHECK(f.calls == lines{"init", "connect 1", "connect 1"});
    f.let_pass(std::chrono::seconds(10));
    peer.close();
    poll(f.io);
    f.next_open();
    CHECK(f.attempts() == attempts{1, 1});
    CHECK(f.client->stats().connects == 3);
    CHECK(!f.ended.done());
  }

  TEST_CASE("attempts count the failures in a row") {
    fixture f(
        [](const wsx::disconnect& d) { return d.attempt < 4 ? wsx::reconnect() : wsx::stop(); });
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    f.next().write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    poll(f.io);
    f.next().close();
    poll(f.io);
    memory_peer again = f.next_open();
    CHECK(f.attempts() == attempts{1, 2, 3});
    CHECK(f.calls.back() == "connect 3");
    CHECK(f.seen[1].http_status == 503);
    CHECK(f.seen[1].error == wsx::errc::refused_for_now);
    CHECK(!f.seen[1].was_open);
    CHECK(f.seen[1].url == f.server.url());
    CHECK(f.seen[2].http_status == 0);
    // A connection that was open for ten seconds starts the count anew.
    f.let_pass(std::chrono::seconds(10));
    f.server.refuse(asio::error::connection_refused);
    again.close();
    poll(f.io);
    CHECK(f.attempts() == attempts{1, 2, 3, 1, 2, 3, 4});
    CHECK(f.ended.failed(asio::error::connection_refused));
  }

  TEST_CASE("reconnect_to: there, and later too") {
    memory_listener other{"other"};
    bool moved = false;
    fixture f([&](const wsx::disconnect&) {
      return std::exchange(moved, true) ? wsx::reconnect() : wsx::reconnect_to("ws://other/path");
    });
    f.open().close();
    poll(f.io);
    for (int i = 0; i < 2; ++i) {
      memory_peer peer = other.next().value();
      CHECK(peer.accept().target == "/path");
      poll(f.io);
      CHECK(f.client->is_open());
      peer.close();
      poll(f.io);
    }
    CHECK(f.server.accepted() == 1);
    CHECK(f.seen.back().url == "ws://other/path");
  }

  TEST_CASE("reconnect_to an invalid URL counts as a failed attempt") {
    fixture f([](const wsx::disconnect& d) {
      return d.attempt == 1 ? wsx::reconnect_to("nonsense") : wsx::stop();
    });
    f.open().close();
    poll(f.io);
    CHECK(f.attempts() == attempts{1, 2});
    CHECK(f.ended.failed(wsx::errc::invalid_url));
  }

  TEST_CASE("reconnect_after waits, and close ends the waiting") {
    fixture f([](const wsx::disconnect&) { return wsx::reconnect_after(std::chrono::hours(1)); });
    f.open().close();
    poll(f.io);
    CHECK(f.server.accepted() == 1);
    CHECK(!f.ended.done());
    std::error_code error;
    CHECK(!f.client->try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::not_connected);
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    poll(f.io);
    CHECK(closed.ok());
    CHECK(f.ended.done());
    CHECK(f.calls.back() == "terminate");
  }

  TEST_CASE("the longest delay does not pass, and close ends it like any other") {
    fixture f([](const wsx::disconnect&) {
      return wsx::reconnect_after(std::chrono::steady_clock::duration::max());
    });
    f.open().close();
    f.let_pass(std::chrono::hours(24));
    CHECK(f.server.accepted() == 1);
    CHECK(!f.ended.done());
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    CHECK(run_out(f.io));
    CHECK(closed.ok());
    CHECK(f.ended.done());
  }

  TEST_CASE("a delay below zero is no delay") {
    fixture f([](const wsx::disconnect&) {
      return wsx::reconnect_after(std::chrono::steady_clock::duration::min());
    });
    f.open().close();
    poll(f.io);
    CHECK(f.server.accepted() == 2);
  }

  TEST_CASE("reconnect_after a short delay") {
    fixture f(
        [](const wsx::disconnect&) { return wsx::reconnect_after(std::chrono::milliseconds(1)); });
    f.open().close();
    CHECK(f.run_until([&] { return f.server.accepted() == 2; }));
  }

  TEST_CASE("close by this side does not reconnect, whatever the handler says") {
    fixture f(always);
    memory_peer peer = f.open();
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    poll(f.io);
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.attempts() == attempts{1});
    CHECK(f.server.accepted() == 1);
  }

  TEST_CASE("a failed first connection is the business of connect") {
    fixture f(always);
    f.server.refuse(asio::error::connection_refused);
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(asio::error::connection_refused));
    CHECK(f.seen.empty());
    CHECK(f.calls.empty());
  }

  TEST_CASE("handle_first_failure: it is the handler's, connect waits") {
    auto options = calm();
    options.handle_first_failure = true;
    fixture f(
        [](const wsx::disconnect& d) {
          return d.attempt < 3 ? wsx::reconnect()
                               : wsx::reconnect_after(std::chrono::milliseconds(1));
        },
        options);
    f.server.refuse(asio::error::connection_refused);
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    CHECK(f.attempts().size() >= 3);
    CHECK(f.seen[0].attempt == 1);
    CHECK(f.seen[1].attempt == 2);
    CHECK(!f.seen[0].was_open);
    CHECK(f.seen[0].url.empty());
    CHECK(!f.connected.done());
    f.server.refuse({});
    REQUIRE(f.run_until([&] { return f.server.accepted() == 1; }));
    poll(f.io);
    f.next_open();
    CHECK(f.connected.ok());
    CHECK(f.calls.front() == "init");
  }

  TEST_CASE("handle_first_failure: the handler gives up") {
    auto options = calm();
    options.handle_first_failure = true;
    fixture f(
        [](const wsx::disconnect& d) { return d.attempt < 3 ? wsx::reconnect() : wsx::stop(); },
        options);
    f.server.refuse(asio::error::connection_refused);
    f.client->connect(f.server.url(), f.connected.token());
    f.client->join(f.ended.join_token());
    poll(f.io);
    CHECK(f.attempts() == attempts{1, 2, 3});
    CHECK(f.connected.failed(asio::error::connection_refused));
    CHECK(f.ended.failed(asio::error::connection_refused));
    CHECK(f.calls == lines{"terminate"});
  }

  TEST_CASE("nothing of the connection before is left") {
    fixture f(always);
    memory_peer peer = f.open();
    // Half a message, half a frame, half a character.
    peer.write({.opcode = opcodes::text, .payload = "old \xe2\x82", .fin = false});
    peer.write(encode_server_frame(continuation_frame("\xac", true)).substr(0, 2));
    poll(f.io);
    peer.fail_reads(asio::error::connection_reset);
    poll(f.io);
    peer = f.next_open();
    peer.write(text_frame("new"));
    poll(f.io);
    CHECK(f.calls.back() == "text new");
    CHECK(peer.take_written().empty());
  }

  TEST_CASE("a response that is cut, and frames right behind the next one") {
    fixture f(always);
    f.open().close();
    poll(f.io);
    memory_peer peer = f.next();
    peer.write("HTTP/1.1 101 Switching Proto");
    peer.close();
    poll(f.io);
    peer = f.next();
    peer.limit_read(memory_peer::unlimited);
    auto head = peer.take_written();
    std::string_view left = head;
    const auto request = parse_request(left);
    REQUIRE(request);
    peer.write(make_accept_response(*request) + encode_server_frame(text_frame("early")));
    poll(f.io);
    CHECK(f.calls.back() == "text early");
    CHECK(f.attempts() == attempts{1, 2});
  }

  TEST_CASE("a server that closes with a code") {
    fixture f([](const wsx::disconnect& d) {
      return d.reason.received == wsx::close_code::service_restart ? wsx::reconnect() : wsx::stop();
    });
    memory_peer peer = f.open();
    peer.write(close_frame(1012, "soon back"));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"close 1012 \"\""});
    peer.close();
    poll(f.io);
    peer = f.next_open();
    peer.write(close_frame(4321));
    peer.close();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::closed_abnormally));
    CHECK(f.ended.reason.received == wsx::close_code{4321});
  }
}
