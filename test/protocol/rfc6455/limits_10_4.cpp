#include "../support.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

using namespace protocol_test;
using wsx::close_code;

namespace {

void check_over_limit(const std::string& bytes, errc why, message_limits limits,
                      const std::string& before = {}) {
  check_refused(bytes, why, close_code::message_too_big, before, limits);
}

std::string repeated(std::size_t size) {
  return std::string(size, 'x');
}

/// A frame whose header announces more than the bytes that have come.
std::string announcing(std::uint64_t length, std::string_view come) {
  auto frame = binary_frame(come);
  frame.declared_length = length;
  return wire(frame);
}

std::string in_fragments(std::size_t count) {
  std::string bytes = wire(unfinished(text_frame("")));
  for (std::size_t i = 2; i < count; ++i) bytes += wire(continuation_frame("", false));
  return bytes + wire(continuation_frame("", true));
}

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

}  // namespace

TEST_SUITE("protocol/rfc6455/limits_10_4") {
  TEST_CASE("a frame of the limit is taken, one byte more is not") {
    for (const std::size_t limit : {1u, 100u, 125u, 126u, 1000u, 65'535u, 65'536u}) {
      CAPTURE(limit);
      const message_limits limits{.max_frame = limit};
      CHECK(receive(wire(binary_frame(repeated(limit))), limits) ==
            "binary " + repeated(limit) + "; ");
      check_over_limit(wire(binary_frame(repeated(limit + 1))), errc::frame_too_big, limits);
    }
  }

  TEST_CASE("the frame limit holds for each fragment, not for their sum") {
    const message_limits limits{.max_frame = 4};
    CHECK(receive(wire(unfinished(text_frame("aaaa")), continuation_frame("bbbb", true)), limits) ==
          "text aaaabbbb; ");
    check_over_limit(wire(unfinished(text_frame("aaaa")), continuation_frame("bbbbb", true)),
                     errc::frame_too_big, limits);
  }

  TEST_CASE("a message of the limit is taken, one byte more is not") {
    const message_limits limits{.max_message = 10};
    CHECK(receive(wire(text_frame(repeated(10))), limits) == "text " + repeated(10) + "; ");
    check_over_limit(wire(text_frame(repeated(11))), errc::message_too_big, limits);
    for (std::size_t cut = 0; cut <= 10; ++cut) {
      CAPTURE(cut);
      const auto fragments = [cut](std::size_t size) {
        return wire(unfinished(text_frame(repeated(cut))), continuation_frame("", false),
                    ping_frame(repeated(100)), continuation_frame(repeated(size - cut), true));
      };
      const std::string ping = "ping " + repeated(100) + "; ";
      CHECK(receive(fragments(10), limits) == ping + "text " + repeated(10) + "; ");
      check_over_limit(fragments(11), errc::message_too_big, limits, ping);
    }
  }

  TEST_CASE("each message has the whole limit") {
    const message_limits limits{.max_message = 4, .max_fragments = 2};
    const std::string four = wire(unfinished(text_frame("ab")), continuation_frame("cd", true));
    CHECK(receive(four + four + wire(text_frame("abcd")) + four, limits) ==
          "text abcd; text abcd; text abcd; text abcd; ");
  }

  TEST_CASE("a message of as many fragments as allowed is taken, one more is not") {
    for (const std::size_t limit : {2u, 3u, 50u}) {
      CAPTURE(limit);
      const message_limits limits{.max_fragments = limit};
      CHECK(receive(in_fragments(limit), limits) == "text ; ");
      check_over_limit(in_fragments(limit + 1), errc::too_many_fragments, limits);
    }
    const message_limits one{.max_fragments = 1};
    CHECK(receive(wire(text_frame("a"), text_frame("b")), one) == "text a; text b; ");
    check_over_limit(in_fragments(2), errc::too_many_fragments, one);
    check_over_limit(wire(text_frame("a")), errc::too_many_fragments, {.max_fragments = 0});
  }

  TEST_CASE("control frames count for none of the limits") {
    const message_limits limits{.max_message = 1, .max_frame = 1, .max_fragments = 2};
    CHECK(receive(wire(unfinished(text_frame("a")), ping_frame(repeated(125)),
                       pong_frame(repeated(125)), continuation_frame("", true),
                       close_frame(1000, repeated(123))),
                  limits) == "ping " + repeated(125) + "; pong " + repeated(125) +
                                 "; text a; close 1000 " + repeated(123) + "; ");
  }

  TEST_CASE("the defaults: 16 MiB for a message and a frame, 131072 fragments") {
    constexpr std::uint64_t most = 16 * 1024 * 1024;
    CHECK(receive(announcing(most, "abc")) == "");
    check_over_limit(announcing(most + 1, "abc"), errc::frame_too_big, {});
    check_over_limit(announcing(most + 1, "abc"), errc::message_too_big, {.max_frame = unlimited});
    check_over_limit(
        wire(unfinished(text_frame("a"))) + "\x80\x7f" + std::string("\0\0\0\0\x01\0\0\0", 8) + "b",
        errc::message_too_big, {});
    CHECK(receive_cut({in_fragments(131'072)}, message_assembler()) == "text ; ");
    CHECK(receive_cut({in_fragments(131'073)}, message_assembler()) ==
          violation(errc::too_many_fragments));
  }

  TEST_CASE("a length over the limit is refused as soon as it is known, not when it has come") {
    for (const auto length :
         {std::uint64_t{100'000'000}, std::uint64_t{1} << 62, (std::uint64_t{1} << 63) - 1}) {
      CAPTURE(length);
      check_over_limit(announcing(length, "abc"), errc::frame_too_big, {});
      check_refused_by_header(header_of(binary_frame(""), length), errc::frame_too_big);
    }
  }

  TEST_CASE("a frame over its limit is refused by its header, in each form of the length") {
    for (const std::size_t limit : {1u, 124u, 125u, 126u, 65'534u, 65'535u, 1'000'000u}) {
      CAPTURE(limit);
      const std::string header = header_of(binary_frame(""), limit + 1);
      check_refused_by_header(header, errc::frame_too_big, {.max_frame = limit});
      check_refused_by_header(wire(unfinished(text_frame(""))) + "\x80" + header.substr(1),
                              errc::frame_too_big, {.max_frame = limit});
      CHECK(receive(header_of(binary_frame(""), limit), {.max_frame = limit}) == "");
    }
  }

  TEST_CASE("a message over its limit is refused by the header that takes it there") {
    for (const std::size_t limit : {10u, 125u, 200u, 65'536u}) {
      CAPTURE(limit);
      const message_limits limits{.max_message = limit};
      check_refused_by_header(header_of(text_frame(""), limit + 1), errc::message_too_big, limits);
      const std::string begun = wire(unfinished(text_frame("abc")));
      const auto rest = [&](std::size_t length) {
        return begun + header_of(continuation_frame("", true), length);
      };
      check_refused_by_header(rest(limit - 2), errc::message_too_big, limits);
      CHECK(receive(rest(limit - 3), limits) == "");
    }
  }

  TEST_CASE("one fragment too many is refused by its header") {
    for (const std::size_t length : {1u, 200u, 70'000u}) {
      const std::string begun = wire(unfinished(text_frame("a")), continuation_frame("b", false));
      check_refused_by_header(begun + header_of(continuation_frame("", false), length),
                              errc::too_many_fragments, {.max_fragments = 2});
      check_refused_by_header(header_of(binary_frame(""), length), errc::too_many_fragments,
                              {.max_fragments = 0});
    }
  }

  TEST_CASE("memory goes by what came, whatever a header announces") {
    // Nobody can allocate this many bytes: trying to would fail.
    const message_limits limits{.max_message = unlimited, .max_frame = unlimited};
    for (const auto length : {std::uint64_t{1} << 62, (std::uint64_t{1} << 63) - 1}) {
      const std::string bytes = announcing(length, repeated(5000));
      CHECK(receive(bytes, limits) == "");
      CHECK(receive(wire(unfinished(binary_frame("a"))) + "\x80" + bytes.substr(1), limits) == "");
    }
  }

  TEST_CASE("what is announced counts with what has come, up to the largest lengths") {
    constexpr std::uint64_t most = (std::uint64_t{1} << 63) - 1;
    const std::string bytes =
        wire(unfinished(binary_frame("ab"))) + "\x80" + announcing(most, "c").substr(1);
    CHECK(receive(bytes, {.max_message = most + 2, .max_frame = unlimited}) == "");
    check_over_limit(bytes, errc::message_too_big,
                     {.max_message = most + 1, .max_frame = unlimited});
  }
}
