#include "exchange.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

// Exchanges of one connection, by what the handler is like and what it does.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

std::string str(wsx::bytes_view bytes) {
  return std::string(wsx::as_chars(bytes));
}

// Ends the server's part once the client has closed.
void answer_close(memory_peer& peer, const client_frame& frame) {
  if (frame.opcode != opcodes::close) return;
  peer.write(close_frame(1000));
  peer.close();
}

// A message in three pieces with pings between: each piece but the first follows a pong.
script fragments_and_pings() {
  return {.greeting = encode_server_frame({.opcode = opcodes::text, .payload = "o", .fin = false}) +
                      encode_server_frame(ping_frame("1")),
          .answer = [](memory_peer& peer, const client_frame& frame) {
            if (frame.opcode == opcodes::pong && frame.payload == "1") {
              peer.write(continuation_frame("n", false));
              peer.write(ping_frame("2"));
            } else if (frame.opcode == opcodes::pong) {
              peer.write(continuation_frame("e", true));
            } else if (frame.opcode == opcodes::text) {
              peer.write(close_frame(1000, "thanks"));
            } else if (frame.opcode == opcodes::close) {
              peer.close();
            }
          }};
}

struct whole_messages {
  record* log;
  wsx::action handle_frame(wsx::text message) {
    log->seen.push_back("text " + std::string(message.payload));
    return wsx::reply(message);
  }
  void terminate(const wsx::close_reason&) { ++log->terminated; }
};

// Sends each piece back as it comes, and notes down the message when it is whole.
struct pieces {
  record* log;
  std::string message{};
  wsx::action handle_fragment(wsx::fragment piece) {
    message += str(piece.payload);
    if (!piece.last) return wsx::ok();
    log->seen.push_back("text " + message);
    return wsx::reply(wsx::fragment{piece.op, true, true, wsx::as_bytes(message)});
  }
  void terminate(const wsx::close_reason&) { ++log->terminated; }
};

// Waits in each callback, before it does something and after.
struct coroutines {
  record* log;

  static asio::awaitable<void> breathe() {
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    asio::steady_timer soon(executor, std::chrono::nanoseconds(0));
    co_await soon.async_wait(asio::use_awaitable);
  }
  asio::awaitable<void> note(std::string what) {
    co_await breathe();
    log->seen.push_back(std::move(what));
    co_await breathe();
  }
  asio::awaitable<void> init(const wsx::connection_info&) { return note("init"); }
  asio::awaitable<wsx::action> handle_connect(const wsx::connection_info&) {
    co_await note("connect");
    co_return wsx::reply(wsx::text{"hello"});
  }
  asio::awaitable<wsx::action> handle_frame(wsx::text message) {
    co_await note("text " + std::string(message.payload));
    co_return wsx::reply(message);
  }
  asio::awaitable<wsx::action> handle_ping(wsx::ping p, wsx::session& s) {
    s.send(wsx::text{"first"});
    co_await note("ping " + str(p.payload));
    co_return wsx::reply(wsx::pong{p.payload});
  }
  asio::awaitable<wsx::action> handle_pong(wsx::pong p) {
    co_await note("pong " + str(p.payload));
    co_return wsx::close(wsx::close_code{4001}, "waited");
  }
  asio::awaitable<void> handle_disconnect(const wsx::disconnect& d) {
    co_await breathe();
    log->disconnects.push_back({d.attempt, d.reason});
  }
  asio::awaitable<void> terminate(const wsx::close_reason&) {
    co_await breathe();
    ++log->terminated;
  }
};

script one_after_the_other() {
  return {.answer = [](memory_peer& peer, const client_frame& frame) {
    if (frame.payload == "hello") {
      peer.write({.opcode = opcodes::text, .payload = "a ", .fin = false});
      peer.write(continuation_frame("message", true));
    } else if (frame.payload == "a message") {
      peer.write(ping_frame("2"));
    } else if (frame.opcode == opcodes::pong) {
      peer.write(pong_frame("3"));
    }
    answer_close(peer, frame);
  }};
}

// Messages from outside and from itself; the last of them closes.
struct mailed {
  record* log;
  wsx::action handle_cast(int number) {
    log->seen.push_back("cast " + std::to_string(number));
    return wsx::reply(wsx::text{"cast"});
  }
  wsx::action handle_info(int number, wsx::session& s) {
    log->seen.push_back("info " + std::to_string(number));
    if (number == 4) return wsx::close(wsx::close_code::going_away, "posted");
    s.send(wsx::ping{"info"});
    return wsx::reply(wsx::binary{"info"});
  }
  void handle_frame(wsx::text message, wsx::session& s) {
    log->seen.push_back("text " + std::string(message.payload));
    if (message.payload == "end it") s.post_after(*this, std::chrono::nanoseconds(1), 4);
    if (message.payload == "go on") s.post(*this, 3);
  }
  void terminate(const wsx::close_reason&) { ++log->terminated; }
};

scenario<mailed> mail() {
  return {.handler = {},
          .server = {{.answer =
                          [infos = 0](memory_peer& peer, const client_frame& frame) mutable {
                            if (frame.payload == "cast") peer.write(text_frame("go on"));
                            if (frame.opcode == opcodes::binary && ++infos == 2)
                              peer.write(text_frame("end it"));
                            answer_close(peer, frame);
                          }}},
          .begin = [](memory_client<mailed>& client) {
            client.post(1);
            client.cast(2);
          }};
}

// Sends frames of every kind from within one callback, a message in fragments among them.
struct generous {
  record* log;
  wsx::action handle_connect(const wsx::connection_info&, wsx::session& s) {
    const std::string local(200, 'x');
    log->seen.push_back("connect");
    s.send(wsx::text{"one"});
    s.send(wsx::fragment{wsx::opcode::binary, true, false, wsx::as_bytes(local)});
    s.send(wsx::ping{"two"});
    s.send(wsx::fragment{wsx::opcode::binary, false, true, {}});
    s.send(wsx::pong{"three"});
    return wsx::reply(wsx::text{"four"});
  }
  void handle_frame(wsx::binary message, wsx::session& s) {
    log->seen.push_back("binary " + str(message.payload));
    s.send(wsx::text{"five"});
    s.close(wsx::close_code::normal, "six");
  }
  void terminate(const wsx::close_reason&) { ++log->terminated; }
};

scenario<generous> sends() {
  return {.handler = {}, .server = {{.answer = [](memory_peer& peer, const client_frame& frame) {
                           if (frame.payload == "four") peer.write(binary_frame("thanks"));
                           answer_close(peer, frame);
                         }}}};
}

// The client's own pings: the server answers two of them, and closes at the third.
struct pinging {
  record* log;
  void handle_frame(wsx::text) {}
  void handle_pong(wsx::pong) { log->seen.push_back("pong"); }
  void terminate(const wsx::close_reason&) { ++log->terminated; }
};

scenario<pinging> pings() {
  scenario<pinging> plan{
      .handler = {},
      .server = {{.answer = [count = 0](memory_peer& peer, const client_frame& frame) mutable {
        if (frame.opcode == opcodes::ping && ++count <= 2) peer.write(pong_frame(frame.payload));
        if (frame.opcode == opcodes::ping && count == 3) peer.write(close_frame(1000, "awake"));
        if (frame.opcode == opcodes::close) peer.close();
      }}}};
  plan.options.ping_interval = std::chrono::milliseconds(1);
  plan.options.ping_timeout = std::chrono::minutes(5);
  return plan;
}

}  // namespace

TEST_SUITE("behavior/connection/exchange_callbacks") {
  TEST_CASE_TEMPLATE("pings between the fragments of a message, assembled or in pieces", Handler,
                     whole_messages, pieces) {
    const scenario<Handler> plan{.handler = {}, .server = {fragments_and_pings()}};
    const exchange e(plan);
    check_over(e);
    CHECK(e.log.seen == lines{"text one"});
    CHECK(e.peers[0].seen() ==
          lines{"pong \"1\"", "pong \"2\"", "text \"one\"", "close 1000 \"\""});
    CHECK(e.ended.ok());
    CHECK(e.reason().clean);
    check_all(plan);
  }

  TEST_CASE("callbacks that are coroutines, and wait") {
    const scenario<coroutines> plan{.handler = {}, .server = {one_after_the_other()}};
    const exchange e(plan);
    check_over(e);
    CHECK(e.log.seen == lines{"init", "connect", "text a message", "ping 2", "pong 3"});
    REQUIRE(e.log.disconnects.size() == 1);
    CHECK(e.log.disconnects[0].reason.text == "waited");
    CHECK(e.peers[0].seen() == lines{"text \"hello\"", "text \"a message\"", "text \"first\"",
                                     "pong \"2\"", "close 4001 \"waited\""});
    CHECK(e.ended.error == wsx::errc::closed_abnormally);
    CHECK(e.reason().origin == wsx::close_origin::local);
    CHECK(e.reason().clean);
    check_all(plan);
  }

  TEST_CASE("casts and infos that are answered, and close") {
    const auto plan = mail();
    const exchange e(plan);
    check_over(e);
    CHECK(e.log.seen == lines{"info 1", "cast 2", "text go on", "info 3", "text end it", "info 4"});
    CHECK(e.peers[0].seen() == lines{"ping \"info\"", "binary \"info\"", "text \"cast\"",
                                     "ping \"info\"", "binary \"info\"", "close 1001 \"posted\""});
    CHECK(e.ended.error == wsx::errc::closed_abnormally);
    CHECK(e.reason().sent == wsx::close_code::going_away);
    CHECK(e.reason().clean);
    check_all(plan);
  }

  TEST_CASE("a callback that sends many frames") {
    const auto plan = sends();
    const exchange e(plan);
    check_over(e);
    const std::string large = "binary \"" + std::string(60, 'x') + "\"... (200 bytes) without FIN";
    CHECK(e.log.seen == lines{"connect", "binary thanks"});
    CHECK(e.peers[0].seen() == lines{"text \"one\"", large, "ping \"two\"", "continuation \"\"",
                                     "pong \"three\"", "text \"four\"", "text \"five\"",
                                     "close 1000 \"six\""});
    CHECK(e.ended.ok());
    CHECK(e.reason().clean);
    check_all(plan);
  }

  TEST_CASE("pings of the client's own: answered, then cut") {
    const auto plan = pings();
    const exchange e(plan);
    check_over(e);
    CHECK(e.log.seen == lines{"pong", "pong"});
    CHECK(e.ended.ok());
    CHECK(e.reason().text == "awake");
    check_reads(plan, e.peers[0].response());
    // Up to the third ping it does not matter how many there are in the end.
    auto hasty = plan;
    hasty.options.close_timeout = impatient().close_timeout;
    const std::size_t three_pings = std::size_t{3} * 10;
    for (std::size_t at = 0; at < three_pings; ++at) {
      CAPTURE(at);
      const exchange cut(hasty, [&](memory_peer& peer, std::size_t) {
        peer.fail_writes_at(e.peers[0].request() + at, asio::error::broken_pipe);
      });
      check_over(cut);
      check_broken(cut.reason(), asio::error::broken_pipe);
      CHECK(cut.log.seen.size() == at / 10);
    }
  }
}
