#include "exchange.hpp"

#include <stdexcept>

// Exchanges over one connection, by which side ends them and how.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// Which side ends the exchange, and how.
enum class ending { by_client, by_server, violation, callback_throws };

struct talker {
  record* log;
  ending how;

  wsx::action handle_connect(const wsx::connection_info&) {
    log->seen.push_back("connect");
    return wsx::reply(wsx::text{"hello"});
  }
  wsx::action handle_frame(wsx::text message) {
    log->seen.push_back("text " + std::string(message.payload));
    return wsx::reply(wsx::binary{"bytes"});
  }
  wsx::action handle_frame(wsx::binary message) {
    log->seen.push_back("binary " + std::string(wsx::as_chars(message.payload)));
    if (how == ending::callback_throws) throw std::runtime_error("no more");
    if (how == ending::by_client) return wsx::close(wsx::close_code::normal, "bye");
    return wsx::reply(wsx::text{"end it"});
  }
  void handle_pong(wsx::pong p) {
    log->seen.push_back("pong " + std::string(wsx::as_chars(p.payload)));
  }
  void terminate(const wsx::close_reason&) { ++log->terminated; }
};

void answer(ending how, memory_peer& peer, const client_frame& frame) {
  if (frame.opcode == opcodes::text && frame.payload == "hello") {
    peer.write({.opcode = opcodes::text, .payload = "wel", .fin = false});
    peer.write(pong_frame("unasked"));
    peer.write(continuation_frame("come", true));
  } else if (frame.opcode == opcodes::text) {
    if (how == ending::violation) peer.write({.opcode = 3});
    if (how == ending::by_server) peer.write(close_frame(1000, "enough"));
  } else if (frame.opcode == opcodes::binary) {
    peer.write(binary_frame("more"));
  } else if (frame.opcode == opcodes::close) {
    if (how != ending::by_server) peer.write(close_frame(1000));
    peer.close();
  }
}

scenario<talker> scene_of(ending how) {
  return {.handler = {nullptr, how},
          .server = {{.greeting = encode_server_frame(ping_frame("p")),
                      .answer = [how](memory_peer& peer, const client_frame& frame) {
                        answer(how, peer, frame);
                      }}}};
}

// What the client and the server see if nothing goes wrong.
void check_whole(ending how, const exchange<talker>& e) {
  check_over(e);
  CHECK(e.connected.ok());
  CHECK(e.log.seen == lines{"connect", "pong unasked", "text welcome", "binary more"});
  lines server{"pong \"p\"", "text \"hello\"", "binary \"bytes\""};
  if (how != ending::by_client && how != ending::callback_throws)
    server.push_back("text \"end it\"");
  auto frames = e.peers[0].seen();
  REQUIRE(frames.size() == server.size() + 1);
  frames.pop_back();
  CHECK(sorted(frames) == sorted(server));
  // After a violation the rest of the stream means nothing: no Close is looked for in it.
  CHECK(e.reason().clean == (how != ending::violation));
}

const std::vector<ending> endings{ending::by_client, ending::by_server, ending::violation,
                                  ending::callback_throws};

}  // namespace

TEST_SUITE("behavior/connection/exchange") {
  TEST_CASE("an exchange in whole pieces") {
    for (const auto how : endings) {
      CAPTURE(static_cast<int>(how));
      const exchange e(scene_of(how));
      check_whole(how, e);
      const auto& reason = e.reason();
      const auto& last = e.peers[0].seen().back();
      switch (how) {
        case ending::by_client:
          CHECK(!e.ended.error);
          CHECK(reason.origin == wsx::close_origin::local);
          CHECK(reason.text == "bye");
          CHECK(last == "close 1000 \"bye\"");
          break;
        case ending::by_server:
          CHECK(!e.ended.error);
          CHECK(reason.origin == wsx::close_origin::remote);
          CHECK(reason.text == "enough");
          CHECK(last == "close 1000 \"\"");
          break;
        case ending::violation:
          CHECK(e.ended.error == wsx::errc::reserved_opcode);
          CHECK(reason.sent == wsx::close_code::protocol_error);
          break;
        case ending::callback_throws:
          CHECK(e.ended.error == wsx::errc::handler_failed);
          CHECK(reason.sent == wsx::close_code::internal_error);
          REQUIRE(reason.exception);
          CHECK_THROWS_WITH_AS(std::rethrow_exception(reason.exception), "no more",
                               std::runtime_error);
          break;
      }
    }
  }

  TEST_CASE("an exchange byte by byte") {
    for (const auto how : endings) {
      CAPTURE(static_cast<int>(how));
      check_pieces(scene_of(how));
    }
  }

  TEST_CASE("a read that fails at each byte") {
    for (const auto how : endings) {
      CAPTURE(static_cast<int>(how));
      check_reads(scene_of(how), 0);
    }
  }

  TEST_CASE("a write that fails at each byte") {
    for (const auto how : endings) {
      CAPTURE(static_cast<int>(how));
      check_writes(scene_of(how), 0);
    }
  }

  TEST_CASE("RFC 6455 7.1.4: a connection that ends behind the last byte, or is reset") {
    for (const auto how : endings) {
      CAPTURE(static_cast<int>(how));
      const auto end = exchange(scene_of(how)).peers[0].read();
      for (const std::error_code error :
           {make_error_code(asio::error::eof), make_error_code(asio::error::connection_reset)}) {
        CAPTURE(error.message());
        const exchange e(scene_of(how),
                         [&](memory_peer& peer, std::size_t) { peer.fail_reads_at(end, error); });
        check_whole(how, e);
      }
    }
  }

  TEST_CASE("a read and a write that fail together") {
    auto plan = scene_of(ending::by_client);
    const exchange whole(plan);
    const auto& peer = whole.peers[0];
    plan.options = impatient();
    for (std::size_t at = 0; at < peer.read(); at += 3) {
      for (std::size_t writes = 0; writes < peer.written(); writes += 7) {
        CAPTURE(at);
        CAPTURE(writes);
        const exchange e(plan, [&](memory_peer& p, std::size_t) {
          p.fail_reads_at(at, asio::error::connection_reset);
          p.fail_writes_at(writes, asio::error::broken_pipe);
        });
        // The request goes out before the response is read, and both before the connection is open.
        const bool asked = writes >= peer.request();
        const bool opened = asked && at >= peer.response();
        // The handler wants to close once it has seen everything.
        const auto when = e.log.seen == whole.log.seen ? stage::closing : stage::open;
        const std::error_code error =
            asked ? asio::error::connection_reset : asio::error::broken_pipe;
        check_cut(e, whole, opened ? when : stage::opening, error);
      }
    }
  }
}
