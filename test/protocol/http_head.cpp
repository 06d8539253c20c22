#include <wsx/error.hpp>
#include <wsx/protocol/http_head.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <vector>

namespace {

using wsx::errc;
using wsx::header;
using wsx::header_list;
using wsx::protocol::head_limits;
using wsx::protocol::http_head;
using wsx::protocol::http_head_parser;

struct outcome {
  std::size_t used = 0;
  std::error_code error;
  bool done = false;
  int status = 0;
  std::string reason;
  header_list headers;

  bool operator==(const outcome&) const = default;
};

outcome outcome_of(http_head_parser& parser, std::size_t used, std::error_code error) {
  const http_head head = parser.take();
  return {used, error, parser.done(), head.status, head.reason, head.headers};
}

outcome feed_whole(std::string_view text, head_limits limits = {}) {
  http_head_parser parser(limits);
  std::error_code ec;
  const std::size_t used = parser.feed(wsx::as_bytes(text), ec);
  return outcome_of(parser, used, ec);
}

outcome feed_pieces(const std::vector<std::string_view>& pieces, head_limits limits) {
  http_head_parser parser(limits);
  std::error_code ec;
  std::size_t used = 0;
  for (const std::string_view piece : pieces) {
    // Each piece in memory of its own, so that a read beyond its end shows.
    const std::vector<char> copy(piece.begin(), piece.end());
    used += parser.feed(wsx::as_bytes({copy.data(), copy.size()}), ec);
  }
  return outcome_of(parser, used, ec);
}

// The outcome, which is the same in one piece, in two cut anywhere, and byte by byte.
outcome feed(std::string_view text, head_limits limits = {}) {
  const outcome whole = feed_whole(text, limits);
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    CAPTURE(i);
    CHECK(feed_pieces({text.substr(0, i), text.substr(i)}, limits) == whole);
    bytes.push_back(text.substr(i, 1));
  }
  CHECK(feed_pieces(bytes, limits) == whole);
  return whole;
}

void check_malformed(std::string_view text) {
  CAPTURE(text);
  const outcome result = feed(text);
  CHECK(result.error == errc::malformed_response);
  CHECK_FALSE(result.done);
}

constexpr std::string_view status_line = "HTTP/1.1 101 Switching Protocols\r\n";

std::string with_field(std::string_view field) {
  return std::string(status_line) + std::string(field) + "\r\n\r\n";
}

std::string with_fields(std::size_t count) {
  std::string text(status_line);
  for (std::size_t i = 0; i < count; ++i) text += "a: b\r\n";
  return text + "\r\n";
}

}  // namespace

TEST_SUITE("protocol/http_head") {
  TEST_CASE("a complete head") {
    const std::string_view text =
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "X-Empty:\r\n"
        "X-List:a, b\r\n"
        "Upgrade: again\r\n"
        "\r\n";
    const outcome result = feed(text);
    CHECK_FALSE(result.error);
    CHECK(result.done);
    CHECK(result.used == text.size());
    CHECK(result.status == 101);
    CHECK(result.reason == "Switching Protocols");
    CHECK(result.headers ==
          header_list{
              {"Upgrade", "websocket"}, {"X-Empty", ""}, {"X-List", "a, b"}, {"Upgrade", "again"}});
  }

  TEST_CASE("what follows the head is not touched") {
    const std::string head(with_field("a: b"));
    const outcome result = feed(head + "\x81\x05hello");
    CHECK(result.done);
    CHECK_FALSE(result.error);
    CHECK(result.used == head.size());
  }

  TEST_CASE("a complete head takes no more") {
    const std::string text = with_fields(0);
    http_head_parser parser;
    std::error_code ec;
    CHECK(parser.feed(wsx::as_bytes(text), ec) == text.size());
    CHECK(parser.done());
    CHECK(parser.feed(wsx::as_bytes(text), ec) == 0);
    CHECK_FALSE(ec);
  }

  TEST_CASE("an incomplete head is no error") {
    const std::string text = with_field("Upgrade: websocket");
    for (std::size_t size = 0; size < text.size(); ++size) {
      CAPTURE(size);
      const outcome result = feed_whole(std::string_view(text).substr(0, size));
      CHECK_FALSE(result.error);
      CHECK_FALSE(result.done);
      CHECK(result.used == size);
    }
  }

  TEST_CASE("take moves the head out") {
    http_head_parser parser;
    std::error_code ec;
    parser.feed(wsx::as_bytes(with_field("a: b")), ec);
    const http_head head = parser.take();
    CHECK(head.status == 101);
    CHECK(head.headers == header_list{{"a", "b"}});
  }

  TEST_CASE("RFC 9112 4: status lines") {
    const auto status = [](std::string_view line) { return feed(std::string(line) + "\r\n\r\n"); };
    CHECK(status("HTTP/1.1 200 OK").status == 200);
    CHECK(status("HTTP/1.1 999 ").status == 999);
    CHECK(status("HTTP/1.1 101 ").status == 101);
    CHECK(status("HTTP/1.0 403 No").status == 403);
    CHECK(status("HTTP/1.1 404 ").reason == "");
    CHECK(status("HTTP/1.1 101").status == 101);
    CHECK(status("HTTP/1.1 101").done);
    CHECK(status("HTTP/1.1 401").status == 401);
    CHECK(status("HTTP/1.0 401").status == 401);
    CHECK(status("HTTP/1.1 401").reason == "");
    CHECK(status("HTTP/1.1 404 Not Found\t").reason == "Not Found\t");
    CHECK(status("HTTP/1.1 503 Dienst \xc3\xa9 weg").reason == "Dienst \xc3\xa9 weg");
  }

  TEST_CASE("RFC 9112 4: malformed status lines") {
    for (const std::string line : {"",
                                   "HTTP/1.2 101 x",
                                   "HTTP/2 101 x",
                                   "HTTP/1.1",
                                   "HTTP/1.1 ",
                                   "HTTP/1.1  101 x",
                                   "HTTP/1.1\t101 x",
                                   "http/1.1 101 x",
                                   " HTTP/1.1 101 x",
                                   "HTTP/1.1 10",
                                   "HTTP/1.1 10 x",
                                   "HTTP/1.1 1 x",
                                   "HTTP/1.1 1011 x",
                                   "HTTP/1.1 101x",
                                   "HTTP/1.1 099 x",
                                   "HTTP/1.1 000 x",
                                   "HTTP/1.1 1a1 x",
                                   "HTTP/1.1 -11 x",
                                   "HTTP/1.1 +11 x",
                                   "HTTP/1.1 101\tx",
                                   "ICY 200 OK"}) {
      check_malformed(line + "\r\na: b\r\n\r\n");
    }
  }

  TEST_CASE("RFC 9110 15.2: interim responses are passed over") {
    const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::string last = with_field("a: b");
    const auto plain = feed(last + "rest");
    auto after = feed(hints + go_on + hints + last + "rest");
    CHECK(after.used == plain.used + 2 * hints.size() + go_on.size());
    after.used = plain.used;
    CHECK(after == plain);
    CHECK_FALSE(feed(hints).done);
    CHECK(feed("HTTP/1.1 100\r\n\r\n" + last).headers == plain.headers);
    // They count.
    const head_limits limits{.max_size = hints.size() + last.size()};
    CHECK(feed(hints + last, limits).done);
    CHECK(feed(hints + hints + last, limits).error == errc::response_head_too_big);
  }

  TEST_CASE("another protocol is refused at the first byte that differs") {
    CHECK(feed("SSH-2.0-server").used == 1);
    CHECK(feed("\x15\x03\x01\x02\x02\x16").used == 1);
    CHECK(feed("HTTP/1.2").used == 8);
    CHECK(feed("HTTP/1.2").error == errc::malformed_response);
    CHECK(feed("<html>").error == errc::malformed_response);
  }

  TEST_CASE("RFC 9110 5.5: spaces and tabs around a value do not belong to it") {
    CHECK(feed(with_field("a: \t b c\t d \t")).headers == header_list{{"a", "b c\t d"}});
    CHECK(feed(with_field("a:b")).headers == header_list{{"a", "b"}});
    CHECK(feed(with_field("a: \t ")).headers == header_list{{"a", ""}});
    CHECK(feed(with_field("a::b:c")).headers == header_list{{"a", ":b:c"}});
    CHECK(feed(with_field("a: \xff\x80")).headers == header_list{{"a", "\xff\x80"}});
  }

  TEST_CASE("RFC 9110 5.1: a name is a token") {
    const std::string_view tokens =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (int byte = 0; byte < 256; ++byte) {
      if (byte == ':') continue;
      CAPTURE(byte);
      const char c = static_cast<char>(byte);
      const bool allowed = tokens.find(c) != std::string_view::npos;
      const std::string name{'a', c, 'b'};
      const outcome result = feed_whole(with_field(name + ": x"));
      CHECK(result.done == allowed);
      CHECK(result.error == (allowed ? std::error_code{} : errc::malformed_response));
      if (allowed) CHECK(result.headers == header_list{{name, "x"}});
    }
  }

  TEST_CASE("RFC 9110 5.5: control characters are refused in a value") {
    for (int byte = 0; byte < 256; ++byte) {
      CAPTURE(byte);
      const bool forbidden = (byte < 0x20 && byte != '\t') || byte == 0x7f;
      const outcome result =
          feed_whole(with_field(std::string{'a', ':', 'x'} + static_cast<char>(byte) + "y"));
      CHECK(result.error == (forbidden ? errc::malformed_response : std::error_code{}));
    }
  }

  TEST_CASE("control characters are refused in a reason") {
    check_malformed("HTTP/1.1 101 a\x01z\r\n\r\n");
    check_malformed(std::string_view("HTTP/1.1 101 a\0z\r\n\r\n", 20));
  }

  TEST_CASE("RFC 9112 5: malformed fields") {
    for (const std::string field : {"a", ":", ": b", "a : b", "a\t: b", " a: b", "\ta: b", "a b: c",
                                    "a(x): b", "\xc3\xa9: b", "\"a\": b"}) {
      check_malformed(with_field(field));
    }
  }

  TEST_CASE("RFC 9112 5.2: a folded value has a space for each fold") {
    const auto value = [](const std::string& field) {
      const outcome result = feed(with_field(field) + "\x81");
      CAPTURE(field);
      CHECK(result.done);
      CHECK(result.used == with_field(field).size());
      REQUIRE(result.headers.size() == 1);
      CHECK(result.headers[0].name == "a");
      return result.headers[0].value;
    };
    CHECK(value("a: b\r\n c") == "b c");
    CHECK(value("a: b\r\n\tc") == "b c");
    CHECK(value("a: b \t\r\n \t c \t") == "b c");
    CHECK(value("a: b\r\n c\r\n d") == "b c d");
    CHECK(value("a:\r\n b") == "b");
    CHECK(value("a: b,\r\n c: d") == "b, c: d");
    CHECK(value("a: b\r\n ") == "b");
    CHECK(value("a: b\r\n \r\n \r\n c") == "b c");
    CHECK(value("a:\r\n ") == "");
  }

  TEST_CASE("RFC 9112 5.2: a fold continues the field right before it") {
    const auto result = feed(with_field("a: b\r\n c\r\nd: e\r\n f\r\ng: h"));
    CHECK(result.headers == header_list{{"a", "b c"}, {"d", "e f"}, {"g", "h"}});
    CHECK(feed(with_fields(0)).headers.empty());
    const std::string interim = "HTTP/1.1 100 x\r\na: b\r\n c\r\n\r\n";
    CHECK(feed(interim + with_field("d: e\r\n f")).headers == header_list{{"d", "e f"}});
  }

  TEST_CASE("RFC 9112 2.2: a fold behind the status line continues nothing") {
    check_malformed(with_field(" folded"));
    check_malformed(with_field("\tfolded\r\na: b"));
    check_malformed(with_field(" "));
    check_malformed("HTTP/1.1 100 x\r\na: b\r\n\r\n" + with_field(" folded"));
  }

  TEST_CASE("folded lines are held to the limits, and to what a value may have") {
    const std::string text = with_field("a: b\r\n c");
    CHECK(feed(text, {.max_size = text.size(), .max_headers = 1}).done);
    CHECK(feed(text, {.max_size = text.size() - 1}).error == errc::response_head_too_big);
    CHECK(feed(text, {.max_headers = 0}).error == errc::too_many_headers);
    check_malformed(with_field("a: b\r\n c\x01"));
    check_malformed(with_field("a: b\r\n c\rd"));
    check_malformed(with_field("a: b\r\n c\nd"));
    std::string endless = std::string(status_line) + "a: b\r\n";
    while (endless.size() < 100'000) endless += " c\r\n";
    const outcome over = feed_whole(endless);
    CHECK(over.error == errc::response_head_too_big);
    CHECK(over.used == 16 * 1024);
  }

  TEST_CASE("RFC 9112 2.2: only CRLF ends a line") {
    check_malformed("HTTP/1.1 101 x\n\n");
    check_malformed("HTTP/1.1 101 x\r\r\n\r\n");
    check_malformed("HTTP/1.1 101 x\r\na: b\n\r\n");
    check_malformed("HTTP/1.1 101 x\r\na: b\rc: d\r\n\r\n");
    check_malformed("HTTP/1.1 101 x\r\na: b\r\n\n");
    check_malformed("HTTP/1.1 101 x\r\na: b\r\n\rx");
    check_malformed("\r\nHTTP/1.1 101 x\r\n\r\n");
    check_malformed("\n");
  }

  TEST_CASE("an error comes at the byte that makes it certain") {
    CHECK(feed("HTTP/1.1 101 x\nrest").used == 15);
    CHECK(feed("HTTP/1.1 101 x\r\na\x01rest").used == 18);
    CHECK(feed("HTTP/1.1 1x1 x\r\nrest").used == 16);
    CHECK(feed("HTTP/1.1 101 x\r\nab\r\nrest").used == 20);
  }

  TEST_CASE("an error stays") {
    http_head_parser parser;
    std::error_code ec;
    parser.feed(wsx::as_bytes("HTTP/1.1 101 x\r\nbad\r\n"), ec);
    CHECK(ec == errc::malformed_response);
    ec.clear();
    CHECK(parser.feed(wsx::as_bytes("a: b\r\n\r\n"), ec) == 0);
    CHECK(ec == errc::malformed_response);
    CHECK_FALSE(parser.done());
  }

  TEST_CASE("feed clears an old error code") {
    http_head_parser parser;
    std::error_code ec = errc::queue_full;
    parser.feed(wsx::as_bytes("HTTP"), ec);
    CHECK_FALSE(ec);
  }

  TEST_CASE("max_size: a head of exactly that size passes, a byte more does not") {
    const std::string text = with_field("a: b");
    const outcome fits = feed(text, {.max_size = text.size()});
    CHECK(fits.done);
    CHECK_FALSE(fits.error);

    const outcome over = feed(text, {.max_size = text.size() - 1});
    CHECK_FALSE(over.done);
    CHECK(over.error == errc::response_head_too_big);
    CHECK(over.used == text.size() - 1);
  }

  TEST_CASE("max_size does not count what follows the head") {
    const std::string text = with_field("a: b");
    CHECK(feed(text + std::string(100, 'x'), {.max_size = text.size()}).done);
  }

  TEST_CASE("max_size: a line without an end is refused at the limit") {
    const auto endless = [](std::string text) {
      text.resize(100'000, 'x');
      const outcome result = feed_whole(text);
      CHECK(result.error == errc::response_head_too_big);
      CHECK(result.used == 16 * 1024);
    };
    endless("HTTP/1.1 101 ");
    endless(std::string(status_line) + "a: ");
    endless(std::string(status_line));
  }

  TEST_CASE("max_size counts across calls") {
    http_head_parser parser({.max_size = 1000});
    std::error_code ec;
    std::size_t used = parser.feed(wsx::as_bytes(status_line), ec);
    for (int i = 0; i < 1000 && !ec; ++i) used += parser.feed(wsx::as_bytes("a: b\r\n"), ec);
    CHECK(ec == errc::too_many_headers);

    http_head_parser roomy({.max_size = 1000, .max_headers = 1000});
    used = roomy.feed(wsx::as_bytes(status_line), ec);
    CHECK_FALSE(ec);
    for (int i = 0; i < 1000 && !ec; ++i) used += roomy.feed(wsx::as_bytes("a: b\r\n"), ec);
    CHECK(ec == errc::response_head_too_big);
    CHECK(used == 1000);
  }

  TEST_CASE("limits of 0") {
    CHECK(feed(with_fields(0), {.max_size = 0}).error == errc::response_head_too_big);
    CHECK(feed(with_fields(0), {.max_headers = 0}).done);
    CHECK(feed(with_fields(1), {.max_headers = 0}).error == errc::too_many_headers);
  }

  TEST_CASE("max_headers: as many pass, one more does not") {
    CHECK(feed(with_fields(3), {.max_headers = 3}).done);
    const outcome over = feed(with_fields(4), {.max_headers = 3});
    CHECK_FALSE(over.done);
    CHECK(over.error == errc::too_many_headers);
    CHECK(over.headers.size() == 3);
    CHECK(over.used == status_line.size() + 4 * 6);
  }

  TEST_CASE("default limits: 16 KiB, 128 headers") {
    CHECK(feed_whole(with_fields(128)).done);
    CHECK(feed_whole(with_fields(129)).error == errc::too_many_headers);
    const std::size_t frame = with_field("a:").size();
    CHECK(feed_whole(with_field("a:" + std::string(16384 - frame, 'x'))).done);
    CHECK(feed_whole(with_field("a:" + std::string(16385 - frame, 'x'))).error ==
          errc::response_head_too_big);
  }
}
