#include <wsx/error.hpp>
#include <wsx/protocol/outgoing.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

using namespace wsx::protocol;
using wsx::as_bytes;
using wsx::binary;
using wsx::errc;
using wsx::opcode;
using wsx::ping;
using wsx::pong;
using wsx::text;

namespace {

constexpr bool goes_on = false;

wsx::fragment first(opcode op, std::string_view payload, bool last = goes_on) {
  return {.op = op, .first = true, .last = last, .payload = as_bytes(payload)};
}

wsx::fragment next(opcode op, std::string_view payload, bool last = goes_on) {
  return {.op = op, .first = false, .last = last, .payload = as_bytes(payload)};
}

/// Checks a frame, and commits it if it passed.
template <class Frame>
wsx::errc put(send_validator& check, const Frame& frame) {
  const outgoing_frame outgoing(frame);
  const auto error = check.check(outgoing);
  if (error == wsx::errc{}) check.commit(outgoing);
  return error;
}

template <class Frame>
wsx::errc judge(const send_validator& check, const Frame& frame) {
  return check.check(outgoing_frame(frame));
}

}  // namespace

TEST_SUITE("protocol/outgoing: outgoing_frame") {
  TEST_CASE("each frame has its header") {
    CHECK(outgoing_frame(text{"ab"}).head ==
          frame_head{.op = opcode::text, .rsv1 = true, .length = 2});
    CHECK(outgoing_frame(binary("abc")).head ==
          frame_head{.op = opcode::binary, .rsv1 = true, .length = 3});
    CHECK(outgoing_frame(ping("a")).head == frame_head{.op = opcode::ping, .length = 1});
    CHECK(outgoing_frame(pong()).head == frame_head{.op = opcode::pong, .length = 0});
    CHECK(wsx::as_chars(outgoing_frame(text{"ab"}).payload) == "ab");
    CHECK(wsx::as_chars(outgoing_frame(pong("c")).payload) == "c");
  }

  TEST_CASE("the beginning of a message may be compressed, unless it is marked so") {
    using wsx::uncompressed;
    CHECK_FALSE(outgoing_frame(uncompressed(text{"ab"})).head.rsv1);
    CHECK_FALSE(outgoing_frame(uncompressed(binary("ab"))).head.rsv1);
    CHECK_FALSE(outgoing_frame(uncompressed(first(opcode::text, "a"))).head.rsv1);
    CHECK_FALSE(outgoing_frame(ping("ab")).head.rsv1);
    CHECK(outgoing_frame(uncompressed(text{"ab"})).payload.size() == 2);
  }

  TEST_CASE("RFC 6455 5.4: only the first fragment has the message's opcode, only the last FIN") {
    CHECK(outgoing_frame(first(opcode::text, "a")).head ==
          frame_head{.op = opcode::text, .fin = false, .rsv1 = true, .length = 1});
    CHECK(outgoing_frame(next(opcode::text, "bc")).head ==
          frame_head{.op = opcode::continuation, .fin = false, .length = 2});
    CHECK(outgoing_frame(next(opcode::text, "", true)).head ==
          frame_head{.op = opcode::continuation, .fin = true, .length = 0});
    CHECK(outgoing_frame(first(opcode::binary, "a", true)).head ==
          frame_head{.op = opcode::binary, .fin = true, .rsv1 = true, .length = 1});
  }
}

TEST_SUITE("protocol/outgoing: send_validator") {
  TEST_CASE("RFC 6455 5.5: a control frame has at most 125 bytes") {
    const std::string most(125, 'x');
    const std::string more(126, 'x');
    const send_validator check;
    CHECK(judge(check, ping()) == wsx::errc{});
    CHECK(judge(check, ping(most)) == wsx::errc{});
    CHECK(judge(check, pong(most)) == wsx::errc{});
    CHECK(judge(check, ping(more)) == errc::control_payload_too_long);
    CHECK(judge(check, pong(more)) == errc::control_payload_too_long);
    CHECK(judge(check, binary(more)) == wsx::errc{});
  }

  TEST_CASE("RFC 6455 5.6: text is UTF-8, binary is anything") {
    const send_validator check;
    CHECK(judge(check, text{"h\xc3\xa9"}) == wsx::errc{});
    CHECK(judge(check, text{}) == wsx::errc{});
    CHECK(judge(check, text{"\xc3"}) == errc::invalid_text);
    CHECK(judge(check, text{"\xff ok"}) == errc::invalid_text);
    CHECK(judge(check, binary("\xff")) == wsx::errc{});
    CHECK(judge(check, ping("\xff")) == wsx::errc{});
  }

  TEST_CASE("RFC 6455 5.4: fragments form one message after the other") {
    send_validator check;
    for (const auto op : {opcode::text, opcode::binary}) {
      CHECK(put(check, first(op, "a")) == wsx::errc{});
      CHECK(put(check, next(op, "b")) == wsx::errc{});
      CHECK(put(check, next(op, "")) == wsx::errc{});
      CHECK(put(check, next(op, "c", true)) == wsx::errc{});
      CHECK(put(check, first(op, "alone", true)) == wsx::errc{});
      CHECK(put(check, text{"whole"}) == wsx::errc{});
    }
  }

  TEST_CASE("RFC 6455 5.4: an order that is not allowed is refused") {
    send_validator check;
    CHECK(put(check, next(opcode::text, "b")) == errc::fragment_out_of_order);
    CHECK(put(check, next(opcode::text, "b", true)) == errc::fragment_out_of_order);
    REQUIRE(put(check, first(opcode::text, "a")) == wsx::errc{});
    CHECK(put(check, first(opcode::text, "a")) == errc::fragment_out_of_order);
    CHECK(put(check, first(opcode::text, "a", true)) == errc::fragment_out_of_order);
    CHECK(put(check, text{"whole"}) == errc::fragment_out_of_order);
    CHECK(put(check, binary("whole")) == errc::fragment_out_of_order);
    CHECK(put(check, next(opcode::binary, "b")) == errc::fragment_out_of_order);
    REQUIRE(put(check, next(opcode::text, "b", true)) ==
            wsx::errc{});  // none of those changed anything
    CHECK(put(check, next(opcode::text, "c", true)) == errc::fragment_out_of_order);
  }

  TEST_CASE("control frames may go between the fragments") {
    send_validator check;
    REQUIRE(put(check, first(opcode::text, "a \xe2")) == wsx::errc{});
    CHECK(put(check, ping("\xff")) == wsx::errc{});
    CHECK(put(check, pong()) == wsx::errc{});
    CHECK(put(check, next(opcode::text, "\x82\xac", true)) == wsx::errc{});
  }

  TEST_CASE("a fragment is of a text or binary message, of nothing else") {
    for (const int op : {0, 3, 7, 8, 9, 10, 11, 15}) {
      CAPTURE(op);
      send_validator check;
      const auto kind = static_cast<opcode>(op);
      CHECK(put(check, first(kind, "x")) == errc::fragment_out_of_order);
      CHECK(put(check, first(kind, "x", true)) == errc::fragment_out_of_order);
      REQUIRE(put(check, first(opcode::binary, "x")) == wsx::errc{});
      CHECK(put(check, next(kind, "x", true)) == errc::fragment_out_of_order);
    }
  }

  TEST_CASE("text in fragments is UTF-8 as a whole, and refused at its first wrong byte") {
    send_validator check;
    REQUIRE(put(check, first(opcode::text, "\xe2")) == wsx::errc{});
    CHECK(put(check, next(opcode::text, "x")) == errc::invalid_text);
    CHECK(put(check, next(opcode::text, "\x82", true)) == errc::invalid_text);  // ends too early
    CHECK(put(check, next(opcode::text, "\x82")) == wsx::errc{});
    CHECK(put(check, next(opcode::text, "")) == wsx::errc{});
    CHECK(put(check, next(opcode::text, "\xac", true)) == wsx::errc{});
    CHECK(put(check, first(opcode::text, "ok \xff")) == errc::invalid_text);
    CHECK(put(check, first(opcode::text, "\xe2", true)) == errc::invalid_text);
    REQUIRE(put(check, first(opcode::text, "anew")) == wsx::errc{});
    CHECK(put(check, next(opcode::text, "and on", true)) == wsx::errc{});
  }

  TEST_CASE("binary in fragments is not looked at") {
    send_validator check;
    CHECK(put(check, first(opcode::binary, "\xe2")) == wsx::errc{});
    CHECK(put(check, next(opcode::binary, "\xff", true)) == wsx::errc{});
  }

  TEST_CASE("a check that is not committed changes nothing") {
    send_validator check;
    REQUIRE(judge(check, first(opcode::text, "\xe2")) == wsx::errc{});
    CHECK(judge(check, text{"whole"}) == wsx::errc{});
    CHECK(judge(check, next(opcode::text, "\x82\xac", true)) == errc::fragment_out_of_order);
    REQUIRE(put(check, first(opcode::text, "\xe2")) == wsx::errc{});
    REQUIRE(judge(check, next(opcode::text, "\x82")) == wsx::errc{});
    CHECK(judge(check, next(opcode::text, "\x82\xac", true)) == wsx::errc{});
    CHECK(judge(check, next(opcode::text, "\x82\xac", true)) == wsx::errc{});
  }
}
