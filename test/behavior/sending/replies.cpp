#include "../support.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <utility>

// What the server gets for what it sent: a pong for each ping, a reply for each message that came
// before a violation or a Close, however the bytes were cut.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct echo {
  wsx::action handle_frame(wsx::text message) { return wsx::reply(message); }
};

struct echo_awaited {
  asio::awaitable<wsx::action> handle_frame(wsx::text message) { co_return wsx::reply(message); }
};

constexpr std::size_t whole = memory_peer::unlimited;

lines numbered(const std::string& kind, std::size_t count) {
  lines all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(kind + " \"" + std::to_string(i) + "\"");
  return all;
}

std::string joined(const lines& all) {
  std::string text;
  for (const auto& line : all) text += line + "; ";
  return text;
}

wsx::options compressed() {
  auto o = calm();
  o.deflate = wsx::deflate_options{.threshold = 0};
  return o;
}

accept_options with_deflate() {
  return {.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}};
}

}  // namespace

TEST_SUITE("behavior/sending/replies: pongs, RFC 6455 5.5.3") {
  TEST_CASE("ten pings are answered in order, in one read and byte by byte, between fragments") {
    for (const std::size_t at_once : {whole, std::size_t{1}, std::size_t{7}}) {
      for (const bool fragmented : {false, true}) {
        CAPTURE(at_once);
        CAPTURE(fragmented);
        client_fixture<quiet> f;
        memory_peer peer = f.open();
        peer.discard_written();
        peer.limit_read(at_once);
        std::string bytes;
        if (fragmented) bytes += encode_server_frame({.opcode = opcodes::text, .fin = false});
        for (int i = 0; i < 10; ++i) bytes += encode_server_frame(ping_frame(std::to_string(i)));
        peer.write(bytes);
        poll(f.io);
        CHECK(frames_of(peer) == numbered("pong", 10));
      }
    }
  }

  TEST_CASE("while the server takes nothing 64 wait, of which the oldest give way") {
    for (const std::size_t at_once : {whole, std::size_t{1}}) {
      client_fixture<quiet> f;
      memory_peer peer = f.open();
      peer.discard_written();
      peer.allow_write(0);
      REQUIRE(f.client->try_send(wsx::text{"first"}));
      poll(f.io);
      peer.limit_read(at_once);
      for (int i = 0; i < 100; ++i) peer.write(ping_frame(std::to_string(i)));
      poll(f.io);
      peer.allow_write(whole / 2);
      poll(f.io);
      auto expected = numbered("pong", 100);
      expected.erase(expected.begin(), expected.end() - 64);
      expected.insert(expected.begin(), "text \"first\"");
      CHECK(frames_of(peer) == expected);
    }
  }
}

TEST_SUITE("behavior/sending/replies: messages before the end") {
  // The bytes that a client has to fail or close for, and the Close that says so.
  struct last_word {
    std::string bytes;
    std::string close;
  };

  std::vector<last_word> last_words() {
    server_frame masked = text_frame("x");
    masked.mask = mask_key{1, 2, 3, 4};
    return {
        {encode_server_frame(close_frame(1000, "bye")), "close 1000 \"\""},
        {encode_server_frame(close_frame()), "close without a code"},
        {encode_server_frame({.opcode = 3}),
         "close 1002 \"" + make_error_code(wsx::errc::reserved_opcode).message() + "\""},
        {encode_server_frame(masked),
         "close 1002 \"" + make_error_code(wsx::errc::masked_frame).message() + "\""},
        {encode_server_frame(text_frame("\xff")),
         "close 1007 \"" + make_error_code(wsx::errc::invalid_utf8).message() + "\""},
        {encode_server_frame(binary_frame("not taken")),
         "close 1003 \"" + make_error_code(wsx::errc::unsupported_data).message() + "\""},
    };
  }

  // So many messages behind a ping, and then the last word.
  std::string exchange_of(std::size_t count, const last_word& last, bool deflate) {
    server_deflater compress;
    std::string bytes = encode_server_frame(ping_frame("p"));
    for (std::size_t i = 0; i < count; ++i) {
      const auto text = std::to_string(i);
      server_frame frame = text_frame(deflate ? compress.message(text) : text);
      if (deflate) frame.rsv = rsv1;
      bytes += encode_server_frame(frame);
    }
    return bytes + last.bytes;
  }

  // What the client wrote, inflated.
  lines said_by(memory_peer & peer) {
    server_inflater inflate;
    lines said;
    while (auto frame = peer.take_frame()) {
      if (std::exchange(frame->rsv, 0) == rsv1) frame->payload = inflate.message(frame->payload);
      said.push_back(describe(*frame));
    }
    return said;
  }

  lines expected_of(std::size_t count, const last_word& last) {
    lines expected = numbered("text", count);
    expected.insert(expected.begin(), "pong \"p\"");
    expected.push_back(last.close);
    return expected;
  }

  template <class Handler>
  memory_peer open(client_fixture<Handler> & f, bool deflate) {
    memory_peer peer = f.dial();
    peer.accept(deflate ? with_deflate() : accept_options{});
    poll(f.io);
    return peer;
  }

  template <class Handler>
  void check_answers(bool deflate) {
    for (const auto& last : last_words()) {
      for (std::size_t count = 1; count <= 10; ++count) {
        for (const std::size_t at_once : {whole, std::size_t{1}, std::size_t{5}}) {
          CAPTURE(last.close);
          CAPTURE(count);
          CAPTURE(at_once);
          client_fixture<Handler> f({}, deflate ? compressed() : calm());
          memory_peer peer = open(f, deflate);
          peer.limit_read(at_once);
          peer.write(exchange_of(count, last, deflate) + encode_server_frame(text_frame("never")));
          poll(f.io);
          CHECK(joined(said_by(peer)) == joined(expected_of(count, last)));
          CHECK(f.client->stats().replies_dropped == 0);
        }
      }
    }
  }

  TEST_CASE("replies go first, then Close: messages, violations, Close, plain and compressed") {
    check_answers<echo>(false);
    check_answers<echo>(true);
    check_answers<echo_awaited>(false);
  }

  TEST_CASE("cut at every byte, over two reads") {
    for (const bool deflate : {false, true}) {
      for (const auto& last : last_words()) {
        for (const std::size_t count : {1u, 2u, 10u}) {
          const std::string bytes = exchange_of(count, last, deflate);
          for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            CAPTURE(last.close);
            CAPTURE(count);
            CAPTURE(cut);
            client_fixture<echo> f({}, deflate ? compressed() : calm());
            memory_peer peer = open(f, deflate);
            peer.write(bytes.substr(0, cut));
            poll(f.io);
            peer.write(bytes.substr(cut));
            poll(f.io);
            CHECK(joined(said_by(peer)) == joined(expected_of(count, last)));
          }
        }
      }
    }
  }

  TEST_CASE("never behind what producers have queued") {
    client_fixture<echo> f;
    memory_peer peer = f.open();
    peer.discard_written();
    peer.allow_write(5);
    for (int i = 0; i < 100; ++i) REQUIRE(f.client->try_send(wsx::text{"queued"}));
    poll(f.io);
    peer.write(text_frame("one"));
    peer.write(close_frame(1000, ""));
    poll(f.io);
    peer.allow_write(whole / 2);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"queued\"", "text \"one\"", "close 1000 \"\""});
  }

  TEST_CASE("dropped and counted, if a producer's message is unfinished on the wire") {
    client_fixture<echo> f;
    memory_peer peer = f.open();
    peer.discard_written();
    const wsx::fragment begun{wsx::opcode::binary, true, false, wsx::as_bytes("begun")};
    REQUIRE(f.client->try_send(begun));
    poll(f.io);
    peer.write(text_frame("one"));
    peer.write(text_frame("two"));
    peer.write(close_frame(1000, ""));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"binary \"begun\" without FIN", "close 1000 \"\""});
    CHECK(f.client->stats().replies_dropped == 2);
  }

  TEST_CASE("within close_timeout: a server that takes no reply finds the connection cut") {
    client_fixture<echo> f({}, impatient());
    memory_peer peer = f.open();
    peer.allow_write(0);
    peer.write(text_frame("one"));
    peer.write(close_frame(1000, ""));
    REQUIRE(f.run_until([&] { return f.ended.done(); }));
    CHECK(peer.client_closed());
    CHECK_FALSE(f.ended.reason.clean);
  }

  struct thrower {
    wsx::action handle_frame(wsx::text message) {
      if (message.payload == "throw") throw 1;
      return wsx::reply(message);
    }
  };

  TEST_CASE("a callback that throws: the replies before it go, then 1011") {
    client_fixture<thrower> f;
    memory_peer peer = f.open();
    peer.discard_written();
    peer.write(encode_server_frame(text_frame("one")) + encode_server_frame(text_frame("throw")) +
               encode_server_frame(text_frame("never")));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"one\"", "close 1011 \"\""});
  }
}
