#include "exchange.hpp"

#include <memory>

// Exchanges over several connections: one breaks, and nothing of it but the queued frames reaches
// the next one.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// Comes back until a connection has ended well. Queues frames, whose numbers go on, and replies,
// which belong to their connection.
struct returning {
  record* log = nullptr;
  memory_client<returning>* client = nullptr;
  int connects = 0;

  void queue(const std::string& what) {
    const auto payload = std::to_string(log->queued.size()) + what;
    if (client->try_send(wsx::text{payload})) log->queued.push_back("text \"" + payload + "\"");
  }
  void init(const wsx::connection_info&) { log->seen.push_back("init"); }
  wsx::action handle_connect(const wsx::connection_info& info) {
    log->seen.push_back("connect " + std::to_string(info.attempt));
    queue("");
    queue("");
    return wsx::reply(wsx::binary{std::to_string(++connects)});
  }
  wsx::action handle_frame(wsx::text message) {
    log->seen.push_back("text " + std::string(message.payload));
    queue(" ends " + std::to_string(connects));
    return wsx::reply(wsx::binary{"reply"});
  }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    log->disconnects.push_back({d.attempt, d.reason});
    return d.reason.normal() || log->disconnects.size() > 5 ? wsx::stop() : wsx::reconnect();
  }
  void terminate(const wsx::close_reason&) { ++log->terminated; }
};

// Sends a message, and ends the connection after the last frame that was queued on it: with a Close
// frame or without.
struct server {
  bool closes;
  std::string end = "none yet";

  void operator()(memory_peer& peer, const client_frame& frame) {
    if (frame.opcode == opcodes::binary && frame.payload != "reply") {
      end = " ends " + frame.payload;
      peer.write({.opcode = opcodes::text, .payload = "an", .fin = false});
      peer.write(continuation_frame("swer", true));
    } else if (frame.payload.ends_with(end) && closes) {
      peer.write(close_frame(1000, "enough"));
    } else if (frame.payload.ends_with(end)) {
      // Half a message: it must not reach the handler.
      peer.write({.opcode = opcodes::text, .payload = "no", .fin = false});
      peer.close();
    } else if (frame.opcode == opcodes::close) {
      peer.close();
    }
  }
};

script plays(bool closes) {
  return {.greeting = encode_server_frame(ping_frame("p")), .answer = server{closes}};
}

scenario<returning> twice(wsx::options options = calm()) {
  return {.handler = {},
          .server = {plays(false), plays(true)},
          .options = std::move(options),
          .begin = [](memory_client<returning>& client) { client.handler().client = &client; }};
}

// Every frame that was queued has come, once and in order, on whichever connection.
void check_queued(const exchange<returning>& e) {
  lines came;
  for (const auto& peer : e.peers) {
    for (const auto& frame : peer.seen()) {
      if (frame.starts_with("text")) came.push_back(frame);
    }
  }
  REQUIRE(came == e.log.queued);
}

// The last connection went as if it were the only one.
void check_last(const exchange<returning>& e) {
  const auto& last = e.peers.back();
  const auto is_reply = [](const std::string& frame) { return frame.starts_with("binary"); };
  REQUIRE(std::ranges::count_if(last.seen(), is_reply) == 2);
  REQUIRE(std::ranges::count(last.seen(), "pong \"p\"") == 1);
  REQUIRE(begins(e.log.seen, {"init", "connect 1"}));
  REQUIRE(e.log.seen.back() == "text answer");
  REQUIRE(std::ranges::count(e.log.seen, "init") == 1);
  REQUIRE(e.ended.ok());
  REQUIRE(e.reason().text == "enough");
}

// An exchange whose connection `number` fails with `error`, at that stage: it is replaced.
void check_replaced(const exchange<returning>& e, std::size_t number, stage when,
                    std::error_code error) {
  check_over(e);
  if (number == 0 && when == stage::opening) {
    REQUIRE(e.connected.error == refused_with(error));
    REQUIRE(e.log.disconnects.empty());
    return;
  }
  REQUIRE(e.connected.ok());
  check_queued(e);
  check_last(e);

  // The first connection is dropped, if not cut, and the second closed: so one that fails before
  // is one more.
  const bool one_more = number == 1 && when != stage::closing;
  REQUIRE(e.peers.size() == (one_more ? 3 : 2));
  REQUIRE(e.log.disconnects.size() == e.peers.size());
  const auto& told = e.log.disconnects;
  if (number == 1) check_broken(told[0].reason, asio::error::eof);
  const auto& [attempt, reason] = told[number];
  REQUIRE(told[0].attempt == 1);
  REQUIRE(attempt == number + 1);  // the first connection was a short one
  if (when == stage::opening) {
    REQUIRE(reason.origin == wsx::close_origin::error);
    REQUIRE(reason.error == refused_with(error));
  } else if (when == stage::open) {
    check_broken(reason, error);
  } else {
    REQUIRE(reason.normal());
    REQUIRE(!reason.clean);
  }
}

}  // namespace

TEST_SUITE("behavior/connection/exchange_reconnect") {
  TEST_CASE("a connection that is dropped, and one that is closed") {
    const exchange e(twice());
    check_over(e);
    REQUIRE(e.peers.size() == 2);
    CHECK(e.log.seen == lines{"init", "connect 1", "text answer", "connect 1", "text answer"});
    CHECK(e.log.queued.size() == 6);
    check_queued(e);
    check_last(e);
    CHECK(e.reason().clean);
    REQUIRE(e.log.disconnects.size() == 2);
    check_broken(e.log.disconnects[0].reason, asio::error::eof);
    CHECK(e.log.disconnects[1].reason.normal());
  }

  TEST_CASE("the same byte by byte") {
    for (const std::size_t reads : {std::size_t{1}, memory_peer::unlimited}) {
      for (const std::size_t writes : {std::size_t{1}, std::size_t{3}, memory_peer::unlimited}) {
        CAPTURE(reads);
        CAPTURE(writes);
        const exchange e(twice(), [&](memory_peer& peer, std::size_t) {
          peer.limit_read(reads);
          peer.limit_write(writes);
        });
        check_over(e);
        REQUIRE(e.peers.size() == 2);
        CHECK(e.log.queued.size() == 6);
        check_queued(e);
        check_last(e);
        CHECK(e.reason().clean);
      }
    }
  }

  TEST_CASE("a read that fails at each byte of either connection") {
    const exchange whole(twice());
    for (const std::size_t number : {std::size_t{0}, std::size_t{1}}) {
      for (const std::error_code error :
           {make_error_code(asio::error::connection_reset), make_error_code(asio::error::eof),
            make_error_code(std::errc::io_error)}) {
        for (std::size_t at = 0; at < whole.peers[number].read(); ++at) {
          CAPTURE(number);
          CAPTURE(at);
          CAPTURE(error.message());
          const exchange e(twice(), [&](memory_peer& peer, std::size_t which) {
            if (which == number) peer.fail_reads_at(at, error);
          });
          const bool opening = at < whole.peers[number].response();
          check_replaced(e, number, opening ? stage::opening : stage::open, error);
        }
      }
    }
  }

  TEST_CASE("a write that fails at each byte of either connection") {
    const exchange whole(twice());
    for (const std::size_t number : {std::size_t{0}, std::size_t{1}}) {
      const auto& peer = whole.peers[number];
      for (std::size_t at = 0; at < peer.written(); ++at) {
        CAPTURE(number);
        CAPTURE(at);
        const exchange e(twice(impatient()), [&](memory_peer& p, std::size_t which) {
          if (which == number) p.fail_writes_at(at, asio::error::broken_pipe);
        });
        const auto opened = at < peer.before_close() ? stage::open : stage::closing;
        check_replaced(e, number, at < peer.request() ? stage::opening : opened,
                       asio::error::broken_pipe);
      }
    }
  }
}
