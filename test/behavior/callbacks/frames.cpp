#include "../support.hpp"

#include <type_traits>

// What a handler gets to see of frames, and what it may answer.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

std::string str(wsx::bytes_view bytes) {
  return std::string(wsx::as_chars(bytes));
}

struct template_frames {
  lines* seen;
  template <class Frame>
  wsx::action handle_frame(const Frame& frame) {
    if constexpr (std::is_same_v<Frame, wsx::text>)
      seen->push_back("text " + std::string(frame.payload));
    else
      seen->push_back("binary " + str(frame.payload));
    return wsx::ok();
  }
};

struct only_text {
  lines* seen;
  void handle_frame(wsx::text t) { seen->emplace_back(t.payload); }
};

struct only_binary {
  lines* seen;
  void handle_frame(wsx::binary b) { seen->push_back(str(b.payload)); }
};

struct pieces {
  std::vector<wsx::fragment>* seen;
  lines* payloads;
  void handle_fragment(wsx::fragment f) {
    seen->push_back(f);
    payloads->push_back(str(f.payload));
  }
};

struct answers {
  wsx::action handle_frame(wsx::text t, wsx::session& s) {
    if (t.payload == "many") {
      CHECK(!s.send(wsx::text{"one"}));
      CHECK(!s.send(wsx::binary{"two"}));
      CHECK(!s.send(wsx::ping{"three"}));
      return wsx::reply(wsx::text{"four"});
    }
    if (t.payload == "bad") {
      CHECK(s.send(wsx::text{"\xff"}) == wsx::errc::invalid_text);
      CHECK(s.send(wsx::pong{std::string(126, 'a')}) == wsx::errc::control_payload_too_long);
      return wsx::reply(wsx::text{"\xff"});
    }
    if (t.payload == "bad close") return wsx::close(wsx::close_code{1005});
    if (t.payload == "close") return wsx::close(wsx::close_code{4001}, "mine");
    if (t.payload == "plain close") return wsx::close();
    if (t.payload == "session close") {
      CHECK(!s.close(wsx::close_code{4002}, "session"));
      CHECK(s.close() == wsx::errc::closing);
      CHECK(s.send(wsx::text{"late"}) == wsx::errc::closing);
      return wsx::reply(wsx::text{"late"});
    }
    const std::string local = "you said " + std::string(t.payload);
    return wsx::reply(wsx::text{local});
  }
};

// What the client writes when the server says `what`.
lines answer_to(const std::string& what) {
  client_fixture<answers> f;
  memory_peer peer = f.open();
  peer.write(text_frame(what));
  poll(f.io);
  return frames_of(peer);
}

}  // namespace

TEST_SUITE("behavior/callbacks/frames: frames") {
  TEST_CASE("a template for both kinds of message") {
    lines seen;
    client_fixture<template_frames> f({&seen});
    memory_peer peer = f.open();
    peer.write(text_frame("a"));
    peer.write(binary_frame("b"));
    poll(f.io);
    CHECK(seen == lines{"text a", "binary b"});
  }

  TEST_CASE("RFC 6455 7.4.1: a kind of message that the handler does not take") {
    lines seen;
    client_fixture<only_text> text({&seen});
    memory_peer peer = text.open();
    peer.write(text_frame("a"));
    peer.write(binary_frame("b"));
    peer.write(text_frame("after"));
    poll(text.io);
    CHECK(seen == lines{"a"});
    const auto frame = peer.take_frame();
    REQUIRE(frame);
    CHECK(frame->payload.substr(0, 2) == "\x03\xeb");  // 1003
    peer.close();
    poll(text.io);
    CHECK(text.ended.failed(wsx::errc::unsupported_data));
  }

  TEST_CASE("RFC 6455 7.4.1: text that the handler does not take") {
    lines seen;
    client_fixture<only_binary> f({&seen});
    memory_peer peer = f.open();
    peer.write(text_frame("a"));
    poll(f.io);
    CHECK(seen.empty());
    CHECK(peer.take_frame()->payload.substr(0, 2) == "\x03\xeb");
  }

  TEST_CASE("without handle_ping pings are answered") {
    lines seen;
    client_fixture<only_text> f({&seen});
    memory_peer peer = f.open();
    peer.write(ping_frame("x"));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"pong \"x\""});
  }

  TEST_CASE("handle_fragment gets pieces as they come") {
    std::vector<wsx::fragment> seen;
    lines payloads;
    client_fixture<pieces> f({&seen, &payloads});
    memory_peer peer = f.open();
    const auto bytes =
        encode_server_frame({.opcode = opcodes::text, .payload = "one", .fin = false}) +
        encode_server_frame(ping_frame("p")) + encode_server_frame(continuation_frame("two", true));
    peer.write(bytes.substr(0, 4));  // header and two of three bytes
    poll(f.io);
    REQUIRE(seen.size() == 1);
    peer.write(bytes.substr(4));
    poll(f.io);
    std::string whole;
    for (const auto& p : payloads) whole += p;
    CHECK(whole == "onetwo");
    CHECK(seen.front().first);
    CHECK(seen.back().last);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      CHECK(seen[i].op == wsx::opcode::text);
      CHECK(seen[i].first == (i == 0));
      CHECK(seen[i].last == (i + 1 == seen.size()));
    }
    CHECK(frames_of(peer) == lines{"pong \"p\""});
    CHECK(f.client->stats().messages_received == 1);
  }
}

TEST_SUITE("behavior/callbacks/frames: actions") {
  TEST_CASE("replies and frames of the session") {
    CHECK(answer_to("hi") == lines{"text \"you said hi\""});
    CHECK(answer_to("many") ==
          lines{"text \"one\"", "binary \"two\"", "ping \"three\"", "text \"four\""});
  }

  TEST_CASE("closes") {
    CHECK(answer_to("close") == lines{"close 4001 \"mine\""});
    CHECK(answer_to("session close") == lines{"close 4002 \"session\""});
    CHECK(answer_to("plain close") == lines{"close without a code"});
  }

  TEST_CASE("an action that RFC 6455 forbids fails the connection with 1011") {
    for (const std::string what : {"bad", "bad close"}) {
      CAPTURE(what);
      client_fixture<answers> f;
      memory_peer peer = f.open();
      peer.write(text_frame(what));
      poll(f.io);
      CHECK(peer.take_frame()->payload.substr(0, 2) == "\x03\xf3");  // 1011
      peer.close();
      poll(f.io);
      CHECK(
          f.ended.failed(what == "bad" ? wsx::errc::invalid_text : wsx::errc::invalid_close_code));
    }
  }

  TEST_CASE("RFC 6455 10.4: what a header announces is refused before any of it has come") {
    auto options = calm();
    options.max_message_size = 1000;
    lines seen;
    client_fixture<only_text> f({&seen}, options);
    memory_peer peer = f.open();
    auto header = text_frame("");
    header.declared_length = 1001;
    peer.write(header);
    poll(f.io);
    const auto frame = peer.take_frame();
    REQUIRE(frame);
    CHECK(frame->payload.substr(0, 2) == "\x03\xf1");  // 1009
    peer.close();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::message_too_big));
    CHECK(seen.empty());
  }
}
