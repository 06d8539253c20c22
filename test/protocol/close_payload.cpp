#include "support.hpp"

#include <wsx/frame.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>

using namespace protocol_test;
using namespace std::string_literals;
using wsx::as_bytes;
using wsx::close_code;
using wsx::memory::byte_buffer;

namespace {

/// The payload of a Close frame, made by the testing kit.
std::string payload(std::uint16_t code, std::string_view reason = {}) {
  return close_frame(code, reason).payload;
}

std::error_code parse(std::string_view bytes, close_payload& out) {
  const exact_copy copy(bytes);
  return parse_close(copy.view(), out);
}

std::error_code refusal(std::string_view bytes) {
  close_payload out{close_code::normal, "from before"};
  const auto error = parse(bytes, out);
  CHECK(out == close_payload{});
  return error;
}

std::string written(const close_payload& close) {
  byte_buffer out;
  out.append(as_bytes("before:"));
  write_close(close, out);
  return std::string(wsx::as_chars(out.view())).substr(7);
}

constexpr std::initializer_list<int> valid_codes{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                                 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
constexpr std::initializer_list<int> invalid_codes{0,    1,    999,  1004, 1005, 1006, 1015,
                                                   1016, 1099, 1100, 2000, 2999, 5000, 65535};

}  // namespace

TEST_SUITE("protocol/close_payload: RFC 6455 5.5.1") {
  TEST_CASE("an empty payload has neither code nor reason") {
    close_payload out{close_code::normal, "from before"};
    CHECK_FALSE(parse("", out));
    CHECK(out == close_payload{});
  }

  TEST_CASE("a code, and a reason behind it") {
    close_payload out;
    CHECK_FALSE(parse(payload(1001), out));
    CHECK(out == close_payload{close_code::going_away, ""});
    CHECK_FALSE(parse(payload(4321, "späte Gäste"), out));
    CHECK(out == close_payload{close_code{4321}, "späte Gäste"});
    CHECK_FALSE(parse(payload(1000, std::string(123, 'r')), out));
    CHECK(out.reason.size() == 123);
  }

  TEST_CASE("a single byte is no code") {
    CHECK(refusal("\x03") == errc::bad_close_payload);
    CHECK(refusal("\0"s) == errc::bad_close_payload);
  }

  TEST_CASE("RFC 6455 7.4: which codes may be received and sent") {
    for (const int code : valid_codes) {
      CAPTURE(code);
      close_payload out;
      CHECK_FALSE(parse(payload(static_cast<std::uint16_t>(code)), out));
      CHECK(static_cast<int>(*out.code) == code);
      CHECK_FALSE(check_close(close_code{static_cast<std::uint16_t>(code)}, "reason"));
    }
    for (const int code : invalid_codes) {
      CAPTURE(code);
      CHECK(refusal(payload(static_cast<std::uint16_t>(code))) == errc::bad_close_code);
      CHECK(check_close(close_code{static_cast<std::uint16_t>(code)}, "") ==
            errc::invalid_close_code);
    }
  }

  TEST_CASE("RFC 6455 8.1: a received reason is UTF-8") {
    CHECK(refusal(payload(1000, "\xff")) == errc::invalid_utf8);
    CHECK(refusal(payload(1000, "cut \xe2\x82")) == errc::invalid_utf8);
    CHECK(refusal(payload(1000, "surrogate \xed\xa0\x80")) == errc::invalid_utf8);
    CHECK(refusal(payload(999, "\xff")) == errc::bad_close_code);  // the code comes first
  }

  TEST_CASE("RFC 6455 5.5: a reason to be sent has at most 123 bytes, and is UTF-8") {
    CHECK_FALSE(check_close(close_code::normal, std::string(123, 'r')));
    CHECK(check_close(close_code::normal, std::string(124, 'r')) == errc::control_payload_too_long);
    CHECK_FALSE(check_close(close_code::normal, "\xe2\x82\xac"));
    CHECK(check_close(close_code::normal, "\xe2\x82") == errc::invalid_text);
  }

  TEST_CASE("what is written is what is read") {
    CHECK(written({}) == "");
    CHECK(written({std::nullopt, "a reason needs a code"}) == "");
    CHECK(written({close_code::normal, ""}) == "\x03\xe8");
    CHECK(written({close_code{0x0fa1}, "bye"}) ==
          "\x0f\xa1"
          "bye");
    for (const int code : valid_codes) {
      const close_payload close{close_code{static_cast<std::uint16_t>(code)}, "why"};
      close_payload read;
      CHECK_FALSE(parse(written(close), read));
      CHECK(read == close);
    }
  }
}
