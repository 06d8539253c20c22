#include "../../lib/protocol/assembler_cache.hpp"

#include "connection_fixture.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// An assembler goes from connection to connection while it has nothing to remember.

namespace {

using namespace wsx::testing;
using wsx::protocol::delivery;
using wsx::protocol::inflater;
using wsx::protocol::message_assembler;
using wsx::protocol::receive_event;
using assembler = std::unique_ptr<message_assembler>;

std::string wire(const server_frame& frame) {
  return encode_server_frame(frame);
}

// The first frame of a message.
server_frame begun(std::string_view payload) {
  auto frame = text_frame(payload);
  frame.fin = false;
  return frame;
}

assembler borrow(std::optional<inflater> inflate = {}) {
  return wsx::protocol::acquire_assembler({}, delivery::messages, std::move(inflate));
}

// All that comes of it, in words.
std::string receive(message_assembler& a, const std::string& bytes) {
  std::string all;
  a.feed(wsx::as_bytes(bytes));
  for (;;) {
    switch (a.next()) {
      case receive_event::need_input: return all;
      case receive_event::violation: return all + a.error().message();
      default: all += std::string(wsx::as_chars(a.payload())) + ";";
    }
  }
}

bool taken(assembler& a) {
  wsx::protocol::release_assembler(a);
  return !a;
}

// A message in two frames, and another one.
std::string in_two_frames() {
  return wire(begun("a")) + wire(continuation_frame("b", true)) + wire(text_frame("c"));
}

std::string compressed(const std::string& message) {
  server_deflater server;
  auto frame = text_frame(server.message(message));
  frame.rsv = rsv1;
  return wire(frame);
}

}  // namespace

TEST_SUITE("protocol/assembler_cache") {
  TEST_CASE("between messages it is taken, and lent to the next") {
    auto a = borrow();
    const auto* const same = a.get();
    CHECK(receive(*a, in_two_frames()) == "ab;c;");
    CHECK(taken(a));
    a = borrow();
    CHECK(a.get() == same);
    CHECK(receive(*a, in_two_frames()) == "ab;c;");
  }

  TEST_CASE("not within a message, nor within a frame") {
    auto a = borrow();
    receive(*a, wire(begun("a")));
    CHECK(!taken(a));
    auto b = borrow();
    CHECK(b != a);
    receive(*b, wire(text_frame("whole")).substr(0, 1));
    CHECK(!taken(b));
    auto c = borrow();
    receive(*c, wire(ping_frame("ping")).substr(0, 4));
    CHECK(!taken(c));
    CHECK(receive(*c, wire(ping_frame("ping")).substr(4)) == "ping;");
    CHECK(taken(c));
  }

  TEST_CASE("not while what it told is looked at, or not all of its input") {
    auto a = borrow();
    const auto bytes = in_two_frames();
    a->feed(wsx::as_bytes(bytes));
    REQUIRE(a->next() == receive_event::text);
    CHECK(!taken(a));
    REQUIRE(a->next() == receive_event::text);
    REQUIRE(a->next() == receive_event::need_input);
    CHECK(taken(a));
  }

  TEST_CASE("not after a violation, nor with the memory of a large message") {
    auto a = borrow();
    CHECK(receive(*a, wire(continuation_frame("a", true))) != "");
    CHECK(!taken(a));
    auto b = borrow();
    const std::string half(100'000, 'x');
    receive(*b, wire(begun(half)) + wire(continuation_frame(half, true)));
    CHECK(!taken(b));
    b->release_memory();
    CHECK(taken(b));
  }

  TEST_CASE("an inflater that may need what came before is kept, with it the assembler") {
    auto a = borrow(inflater(15, true));
    CHECK(receive(*a, compressed("a")) == "a;");
    CHECK(!taken(a));
    auto b = borrow(inflater(15, false));
    CHECK(receive(*b, compressed("b")) == "b;");
    CHECK(taken(b));
    auto untouched = borrow(inflater(15, true));
    CHECK(receive(*untouched, wire(text_frame("plain"))) == "plain;");
    CHECK(taken(untouched));
  }

  TEST_CASE("the next may inflate or not, and has limits of its own") {
    auto a = borrow();
    REQUIRE(taken(a));
    a = borrow(inflater(15, false));
    CHECK(receive(*a, compressed("a")) == "a;");
    REQUIRE(taken(a));
    a = wsx::protocol::acquire_assembler({.max_message = 2}, delivery::fragments, {});
    CHECK(receive(*a, in_two_frames()) == "a;b;c;");
    CHECK(receive(*a, wire(text_frame("abc"))) ==
          make_error_code(wsx::errc::message_too_big).message());
    a = borrow();
    REQUIRE(taken(a));
    a = borrow();
    CHECK(receive(*a, compressed("a")) == make_error_code(wsx::errc::reserved_bits).message());
  }

  TEST_CASE("connections of a thread that receive in turn, each in the middle of a message") {
    connection_test::fixture first;
    connection_test::fixture second;
    CHECK(first.receive(begun("a")) == "");
    CHECK(second.receive(text_frame("whole"), begun("x")) == "text whole; ");
    CHECK(first.receive(continuation_frame("b", true)) == "text ab; ");
    CHECK(second.receive(continuation_frame("y", true), text_frame("more")) ==
          "text xy; text more; ");
    CHECK(first.receive(text_frame("c")) == "text c; ");
  }
}
