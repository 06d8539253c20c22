#include "support.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace protocol_test;

namespace {

// What is said of the violation that `bytes` end in.
std::string detail_of(const std::string& bytes, message_limits limits = {},
                      std::optional<inflater> inflate = {}) {
  message_assembler assembler(limits, delivery::messages, std::move(inflate));
  CHECK(assembler.error_detail().empty());
  {
    const exact_copy input(bytes);
    assembler.feed(input.view());
    auto event = assembler.next();
    while (event != receive_event::violation && event != receive_event::need_input)
      event = assembler.next();
    CHECK(event == receive_event::violation);
  }
  return assembler.error_detail();  // when the input is gone
}

// A frame's header, and what has come of its payload.
std::string raw(std::initializer_list<int> header, std::string_view payload = {}) {
  std::string bytes;
  for (const int byte : header) bytes += static_cast<char>(byte);
  return bytes.append(payload);
}

bool lies_in(wsx::bytes_view part, std::string_view whole) {
  const auto* const begin = wsx::as_bytes(whole).data();
  return part.data() >= begin && part.data() + part.size() <= begin + whole.size();
}

}  // namespace

TEST_SUITE("protocol/message_assembler: whole messages") {
  TEST_CASE("whole messages come one after the other") {
    CHECK(receive(wire(text_frame("one"), binary_frame("\xff"), text_frame(""))) ==
          "text one; binary \xff; text ; ");
  }

  TEST_CASE("one exchange with everything, however it is cut") {
    const std::string bytes =
        wire(text_frame("whole"), unfinished(text_frame("h\xc3")), ping_frame("p"),
             continuation_frame("", false), pong_frame(), continuation_frame("\xa9", false),
             continuation_frame("!", true), binary_frame(std::string(130, 'b')),
             unfinished(binary_frame("")), continuation_frame("", true), close_frame(1000, "bye"));
    CHECK(receive(bytes) == "text whole; ping p; pong ; text h\xc3\xa9!; binary " +
                                std::string(130, 'b') + "; binary ; close 1000 bye; ");
  }

  TEST_CASE("a message that lies whole in the input is a view of it") {
    const std::string bytes =
        wire(text_frame("hello"), binary_frame(std::string(70'000, 'b')), ping_frame("p"));
    message_assembler assembler;
    assembler.feed(wsx::as_bytes(bytes));
    REQUIRE(assembler.next() == receive_event::text);
    CHECK(lies_in(assembler.payload(), bytes));
    REQUIRE(assembler.next() == receive_event::binary);
    CHECK(lies_in(assembler.payload(), bytes));
    CHECK(assembler.payload().size() == 70'000);
    REQUIRE(assembler.next() == receive_event::ping);
    CHECK(lies_in(assembler.payload(), bytes));
  }

  TEST_CASE("what more is known of a violation") {
    CHECK(detail_of(raw({0xC1, 0x00})) == "RSV1");
    CHECK(detail_of(raw({0xB1, 0x00})) == "RSV2, RSV3");
    CHECK(detail_of(raw({0x83, 0x00})) == "0x3");
    CHECK(detail_of(raw({0x8f, 0x00})) == "0xf");
    CHECK(detail_of(raw({0x81, 0x80})) == "");
    CHECK(detail_of(raw({0x09, 0x00})) == "a ping");
    CHECK(detail_of(raw({0x8a, 0x7e, 0x00, 0x7e})) == "a pong");
    CHECK(detail_of(raw({0x08, 0x00})) == "a Close frame");
    CHECK(detail_of(raw({0x82, 0x7e, 0x00, 0x05})) == "5 in 16 bits");
    CHECK(detail_of(raw({0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 1})) ==
          "9223372036854775809 in 64 bits");
    CHECK(detail_of(raw({0x80, 0x00})) == "");
    CHECK(detail_of(wire(unfinished(text_frame("a")), text_frame("b"))) == "");
    CHECK(detail_of(raw({0x88, 0x01}, "x")) == "");
    CHECK(detail_of(raw({0x88, 0x02, 0x03, 0xed})) == "1005");
    CHECK(detail_of(raw({0x88, 0x02, 0x00, 0x00})) == "0");
    CHECK(detail_of(raw({0x88, 0x02, 0xff, 0xff})) == "65535");
    CHECK(detail_of(raw({0x88, 0x03, 0x03, 0xe8, 0xff})) == "in the reason of a Close frame");
    CHECK(detail_of(wire(text_frame("\xff"))) == "in a text message");
    CHECK(detail_of(wire(unfinished(text_frame("a")), continuation_frame("\xff", true))) ==
          "in a text message");
  }

  TEST_CASE("what more is known of an exceeded limit") {
    const message_limits limits{.max_message = 10, .max_frame = 8, .max_fragments = 2};
    CHECK(detail_of(wire(text_frame("123456789")), limits) == "9 bytes, max_frame_size is 8");
    CHECK(detail_of(wire(unfinished(text_frame("123456")), continuation_frame("78901", true)),
                    limits) == "11 bytes, max_message_size is 10");
    CHECK(detail_of(wire(unfinished(text_frame("")), continuation_frame("", false),
                         continuation_frame("", true)),
                    limits) == "max_fragments is 2");
    const message_limits narrow{.max_message = 4};
    CHECK(detail_of(wire(binary_frame("12345")), narrow) == "5 bytes, max_message_size is 4");
    CHECK(detail_of(raw({0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), narrow) ==
          "9223372036854775807 bytes, max_frame_size is 16777216");
    // How large a compressed message would be is not known. RFC 7692 7.2.3.1: "Hello".
    CHECK(detail_of(raw({0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}), narrow,
                    inflater(15, true)) == "max_message_size is 4");
  }

  TEST_CASE("a whole message says that it is first and last") {
    message_assembler assembler;
    const std::string bytes = wire(unfinished(text_frame("a")), continuation_frame("b", true));
    assembler.feed(wsx::as_bytes(bytes));
    REQUIRE(assembler.next() == receive_event::text);
    CHECK(assembler.message_kind() == opcode::text);
    CHECK(assembler.first());
    CHECK(assembler.last());
  }

  TEST_CASE("the rest of the input is what has not been looked at") {
    const std::string bytes = wire(text_frame("one"), text_frame("two"));
    message_assembler assembler;
    assembler.feed(wsx::as_bytes(bytes));
    REQUIRE(assembler.next() == receive_event::text);
    CHECK(wsx::as_chars(assembler.rest()) == wire(text_frame("two")));
  }

  TEST_CASE("large messages are put together from any number of inputs") {
    std::string payload(3'000'000, ' ');
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>('a' + i % 23);
    const std::string bytes =
        wire(unfinished(text_frame(payload.substr(0, 1'000'000))),
             continuation_frame(payload.substr(1'000'000), true), text_frame("after"));
    std::mt19937 random(3);
    for (const std::size_t size : {1'000u, 65'536u, 1'500'000u}) {
      chunks input;
      for (std::size_t i = 0; i < bytes.size(); i += size) {
        input.push_back(std::string_view(bytes).substr(i, size));
      }
      CHECK(receive_cut(input, message_assembler()) == "text " + payload + "; text after; ");
    }
  }

  TEST_CASE("the rest of a large message can be read to its place") {
    std::string payload;
    while (payload.size() < 1'000'000) payload += "\xe2\x82\xac and some more, ";
    const std::string bytes = wire(text_frame(payload), text_frame("next"));
    message_assembler assembler;
    std::size_t fed = 100'000;
    std::size_t in_place = 0;
    assembler.feed(wsx::as_bytes(bytes).first(fed));
    while (assembler.next() == receive_event::need_input) {
      const auto place = assembler.place_for_rest();
      REQUIRE_FALSE(place.empty());
      CHECK(place.size() <= fed);  // memory grows with what came
      // Not all of it: a read brings what there is.
      const auto count = place.size() - place.size() / 3;
      std::memcpy(place.data(), bytes.data() + fed, count);
      assembler.feed(place.first(count));
      fed += count;
      in_place += count;
    }
    CHECK(in_place == payload.size() + 10 - 100'000);  // and nothing of what follows
    CHECK(wsx::as_chars(assembler.payload()) == payload);
    CHECK(assembler.next() == receive_event::need_input);
    assembler.feed(wsx::as_bytes(bytes).subspan(fed));
    REQUIRE(assembler.next() == receive_event::text);
    CHECK(wsx::as_chars(assembler.payload()) == "next");
  }

  TEST_CASE("what is read to its place is judged as all else") {
    const std::string bytes = wire(text_frame(std::string(200'000, 'x') + "\xff"));
    message_assembler assembler;
    assembler.feed(wsx::as_bytes(bytes).first(100'000));
    REQUIRE(assembler.next() == receive_event::need_input);
    const auto place = assembler.place_for_rest();
    REQUIRE(place.size() >= 64 * 1024);
    std::memset(place.data(), 'x', place.size());
    place.back() = std::byte{0xff};
    assembler.feed(place);
    CHECK(assembler.next() == receive_event::violation);
    CHECK(assembler.error() == wsx::errc::invalid_utf8);
  }

  TEST_CASE("no place where nothing is collected, much has not come, or nothing is to come") {
    const auto place_after = [](std::string_view bytes, std::size_t fed, delivery how) {
      message_assembler assembler({}, how);
      assembler.feed(wsx::as_bytes(bytes).first(fed));
      while (assembler.next() != receive_event::need_input) continue;
      return assembler.place_for_rest().size();
    };
    const std::string large = wire(binary_frame(std::string(1'000'000, 'x')));
    CHECK(place_after(large, 100'000, delivery::messages) == 100'000 - 10);
    CHECK(place_after(large, 100'000, delivery::fragments) == 0);
    CHECK(place_after(large, 0, delivery::messages) == 0);
    CHECK(place_after(large, 10, delivery::messages) == 0);
    CHECK(place_after(large, 60'000, delivery::messages) == 0);
    CHECK(place_after(large, 500'000, delivery::messages) == 256 * 1024);
    CHECK(place_after(large, 990'000, delivery::messages) == 10'010);
    CHECK(place_after(large, 1'000'010, delivery::messages) == 0);
  }

  TEST_CASE("a short rest has a place in a message's last frame only") {
    const auto place_within = [](std::string_view bytes, std::size_t left) {
      message_assembler assembler;
      assembler.feed(wsx::as_bytes(bytes).first(bytes.size() - left));
      while (assembler.next() != receive_event::need_input) continue;
      return assembler.place_for_rest().size();
    };
    const std::string part(100'000, 'x');
    CHECK(place_within(wire(binary_frame(part)), 10) == 10);
    CHECK(place_within(wire(unfinished(binary_frame(part)), continuation_frame(part, true)), 10) ==
          10);
    CHECK(place_within(wire(unfinished(binary_frame(part)), ping_frame("a ping")), 3) == 0);
    CHECK(place_within(wire(unfinished(binary_frame(part))), 10) == 0);
    const std::string second =
        wire(unfinished(binary_frame(part)), continuation_frame(part, false));
    CHECK(place_within(second, 10) == 0);
    CHECK(place_within(second, 90'000) == 90'000);
  }

  TEST_CASE("no place is beyond the limit, whatever is declared") {
    const std::string bytes = wire(unfinished(binary_frame(std::string(100'000, 'x'))),
                                   continuation_frame(std::string(200'000, 'x'), true));
    const auto place_with_limit = [&](std::uint64_t limit) {
      message_assembler assembler({.max_message = limit});
      assembler.feed(wsx::as_bytes(bytes).first(bytes.size() - 200'000));
      (void)assembler.next();
      return assembler.place_for_rest().size();
    };
    CHECK(place_with_limit(299'999) == 0);
    CHECK(place_with_limit(300'000) == 100'000);
  }

  TEST_CASE("no place after a violation") {
    message_assembler assembler;
    const std::string bytes = wire(text_frame(std::string(100'000, 'x') + "\xff"
                                                                          "more"));
    assembler.feed(wsx::as_bytes(bytes).first(bytes.size() - 5));
    REQUIRE(assembler.next() == receive_event::need_input);
    const auto place = assembler.place_for_rest();
    REQUIRE(place.size() == 5);
    place.front() = std::byte{0xff};
    assembler.feed(place.first(1));
    REQUIRE(assembler.next() == receive_event::violation);
    CHECK(assembler.place_for_rest().empty());
  }

  TEST_CASE("the memory of a message before is a place from the next one's first byte on") {
    const std::string bytes = wire(binary_frame(std::string(100'000, 'x')));
    message_assembler assembler;
    assembler.feed(wsx::as_bytes(bytes).first(50'000));
    REQUIRE(assembler.next() == receive_event::need_input);
    assembler.feed(wsx::as_bytes(bytes).subspan(50'000));
    REQUIRE(assembler.next() == receive_event::binary);
    REQUIRE(assembler.next() == receive_event::need_input);
    CHECK(assembler.place_for_rest().empty());
    assembler.feed(wsx::as_bytes(bytes).first(11));
    REQUIRE(assembler.next() == receive_event::need_input);
    CHECK(assembler.place_for_rest().size() == 99'999);
  }

  TEST_CASE("memory of a message is kept until it is given back") {
    message_assembler assembler;
    const std::string bytes = wire(binary_frame(std::string(100'000, 'b')));
    const auto half = bytes.size() / 2;
    const auto all = std::string_view(bytes);
    CHECK(assembler.idle());
    assembler.feed(wsx::as_bytes(all.substr(0, half)));
    REQUIRE(assembler.next() == receive_event::need_input);
    CHECK_FALSE(assembler.idle());
    assembler.release_memory();  // has no effect within a message
    assembler.feed(wsx::as_bytes(all.substr(half)));
    REQUIRE(assembler.next() == receive_event::binary);
    CHECK_FALSE(assembler.idle());
    CHECK(assembler.payload().size() == 100'000);
    REQUIRE(assembler.next() == receive_event::need_input);
    CHECK(assembler.idle());
    assembler.release_memory();
    assembler.feed(wsx::as_bytes(bytes));
    CHECK(assembler.next() == receive_event::binary);
  }

  TEST_CASE("after a violation nothing else comes, and its cause stays") {
    const std::string bad = wire(continuation_frame("x", true));
    message_assembler assembler;
    assembler.feed(wsx::as_bytes(bad));
    REQUIRE(assembler.next() == receive_event::violation);
    CHECK(assembler.error() == errc::unexpected_continuation);
    CHECK(assembler.next() == receive_event::violation);
    const std::string more = wire(text_frame("good")) + "\xff";
    assembler.feed(wsx::as_bytes(more));
    for (int i = 0; i < 3; ++i) CHECK(assembler.next() == receive_event::violation);
    CHECK(assembler.error() == errc::unexpected_continuation);
  }
}

TEST_SUITE("protocol/message_assembler: delivery in pieces") {
  constexpr auto pieces = delivery::fragments;

  TEST_CASE("a message's pieces carry what the message does") {
    CHECK(receive(wire(text_frame("whole")), {}, pieces) == "text|first whole last; ");
    CHECK(receive(wire(unfinished(binary_frame("ab")), continuation_frame("cd", false),
                       continuation_frame("ef", true), text_frame("next")),
                  {}, pieces) == "binary|first abcdef last; text|first next last; ");
  }

  TEST_CASE("a piece is a view of the input, whole frame or not") {
    const std::string bytes = wire(unfinished(binary_frame("abcdef")), text_frame(""));
    message_assembler assembler({}, pieces);
    assembler.feed(wsx::as_bytes(std::string_view(bytes).substr(0, 4)));
    REQUIRE(assembler.next() == receive_event::fragment);
    CHECK(wsx::as_chars(assembler.payload()) == "ab");
    CHECK(lies_in(assembler.payload(), bytes));
    CHECK(assembler.message_kind() == opcode::binary);
    CHECK(assembler.first());
    CHECK_FALSE(assembler.last());
    CHECK(assembler.next() == receive_event::need_input);
    assembler.feed(wsx::as_bytes(std::string_view(bytes).substr(4, 4)));
    REQUIRE(assembler.next() == receive_event::fragment);
    CHECK(wsx::as_chars(assembler.payload()) == "cdef");
    CHECK_FALSE(assembler.first());
    CHECK_FALSE(assembler.last());
  }

  TEST_CASE("a header alone is no piece: the first byte of payload comes with what it says") {
    message_assembler assembler({}, pieces);
    const auto feed = [&](std::string_view bytes) {
      assembler.feed(wsx::as_bytes(bytes));
      return assembler.next();
    };
    const std::string header = header_of(unfinished(binary_frame("")), 2);
    CHECK(feed(header) == receive_event::need_input);
    CHECK_FALSE(assembler.idle());
    REQUIRE(feed("a") == receive_event::fragment);
    CHECK(assembler.first());
    REQUIRE(feed("b") == receive_event::fragment);
    CHECK_FALSE(assembler.first());
    const std::string rest = header_of(continuation_frame("", true), 1);
    CHECK(feed(rest) == receive_event::need_input);
    REQUIRE(feed("c") == receive_event::fragment);
    CHECK_FALSE(assembler.first());
    CHECK(assembler.last());
  }

  TEST_CASE("empty pieces come only where they say something") {
    CHECK(receive(wire(text_frame("")), {}, pieces) == "text|first  last; ");
    CHECK(receive(wire(unfinished(text_frame("")), continuation_frame("", false),
                       continuation_frame("", true)),
                  {}, pieces) == "text|first  last; ");

    const std::string bytes = wire(unfinished(text_frame("")), continuation_frame("", false),
                                   continuation_frame("", true));
    message_assembler assembler({}, pieces);
    assembler.feed(wsx::as_bytes(bytes));
    REQUIRE(assembler.next() == receive_event::fragment);
    CHECK(assembler.first());
    CHECK_FALSE(assembler.last());
    REQUIRE(assembler.next() == receive_event::fragment);
    CHECK_FALSE(assembler.first());
    CHECK(assembler.last());
    CHECK(assembler.next() == receive_event::need_input);
  }

  TEST_CASE("control frames come between the pieces, whole") {
    CHECK(receive(wire(unfinished(text_frame("ab")), ping_frame("ping"),
                       continuation_frame("cd", true), close_frame(1001, "bye")),
                  {}, pieces) == "text|first ab; ping ping; text|cd last; close 1001 bye; ");
  }

  TEST_CASE("text is checked over the pieces") {
    CHECK(receive(wire(unfinished(text_frame("\xe2")), continuation_frame("\x82\xac", true)), {},
                  pieces) == "text|first \xe2\x82\xac last; ");
    CHECK(receive(wire(unfinished(text_frame("\xe2")), continuation_frame("x", true)), {},
                  pieces) == violation(errc::invalid_utf8));
    CHECK(receive(wire(unfinished(text_frame("ab\xe2")), continuation_frame("", true)), {},
                  pieces) == violation(errc::invalid_utf8));
  }

  TEST_CASE("limits hold") {
    const message_limits limits{.max_message = 10, .max_frame = 8, .max_fragments = 2};
    const std::string ten =
        wire(unfinished(binary_frame("12345678")), continuation_frame("9a", true));
    CHECK(receive(ten, limits, pieces) == "binary|first 123456789a last; ");
    CHECK(receive(wire(unfinished(binary_frame("12345678")), continuation_frame("9ab", true)),
                  limits, pieces) == violation(errc::message_too_big));
    CHECK(receive(wire(binary_frame("123456789")), limits, pieces) ==
          violation(errc::frame_too_big));
    CHECK(receive(wire(unfinished(binary_frame("1")), continuation_frame("2", false),
                       continuation_frame("3", true)),
                  limits, pieces) == violation(errc::too_many_fragments));
  }
}
