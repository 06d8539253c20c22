#include <wsx/bytes.hpp>
#include <wsx/protocol/http_head.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

// What a response head that is refused is said to be.

namespace {

using wsx::protocol::head_limits;
using wsx::protocol::http_head_parser;

std::string said(std::string_view text, head_limits limits = {}) {
  CAPTURE(text);
  http_head_parser parser(limits);
  std::error_code ec;
  parser.feed(wsx::as_bytes(text), ec);
  CHECK(ec);
  return parser.error_detail();
}

}  // namespace

TEST_SUITE("protocol/http_head_errors") {
  TEST_CASE("what is said of each kind of malformed head") {
    struct fault {
      std::string_view head;
      std::string_view expected;
    };
    const fault table[] = {
        {"SSH-2.0-OpenSSH_9.2\r\n",
         R"(line 1 of the response is not HTTP/1.1: "SSH-2.0-OpenSSH_9.2")"},
        {"<html>\n<body>", R"(line 1 of the response is not HTTP/1.1: "<html>")"},
        {"HTTP/2 200\r\n", R"(line 1 of the response is not HTTP/1.1: "HTTP/2 200")"},
        {"HTTP/1.1\r\n", R"(line 1 of the response has no space behind its version: "HTTP/1.1")"},
        {"\r\nHTTP/1.1 101 x\r\n", "line 1 of the response is empty"},
        {"\n", "line 1 of the response is empty"},
        {"\x15\x03\x01\x00\x02\x02\x16", "the server speaks TLS on this port: use wss"},
        {"\x16\x03\x03\x00", "the server speaks TLS on this port: use wss"},
        {"\x15", "the server speaks TLS on this port: use wss"},
        {"\x15x", R"(line 1 of the response is not HTTP/1.1: "\x15x")"},
        {"HTTP/1.1 1x1 x\r\n",
         R"(line 1 of the response has no status of three digits: "HTTP/1.1 1x1 x")"},
        {"HTTP/1.1 \r\n", R"(line 1 of the response has no status of three digits: "HTTP/1.1 ")"},
        {"HTTP/1.1 099 x\r\n",
         R"(line 1 of the response has a status below 100: "HTTP/1.1 099 x")"},
        {"HTTP/1.1 1011 x\r\n",
         R"(line 1 of the response has no space behind its status: "HTTP/1.1 1011 x")"},
        {"HTTP/1.1 101 x\n",
         R"(line 1 of the response ends in a line feed without a carriage return: "HTTP/1.1 101 x\n")"},
        {"HTTP/1.1 101 \x1b[m\r\n",
         R"(line 1 of the response has the control character \x1b: "HTTP/1.1 101 \x1b")"},
        {"HTTP/1.1 101 x\r\na: b\r\ngarbage\r\n",
         R"(line 3 of the response has no colon: "garbage")"},
        {"HTTP/1.1 101 x\r\n: b\r\n",
         R"(line 2 of the response has no name before its colon: ": ***")"},
        {"HTTP/1.1 101 x\r\na : b\r\n",
         R"(line 2 of the response has whitespace before its colon: "a : ***")"},
        {"HTTP/1.1 101 x\r\na b: c\r\n",
         R"(line 2 of the response has a space in its name: "a b: ***")"},
        {"HTTP/1.1 101 x\r\na(b): c\r\n",
         R"(line 2 of the response has the character ( in its name: "a(b): ***")"},
        {"HTTP/1.1 101 x\r\n\xc3\xa9: c\r\n",
         "line 2 of the response has the byte \\xc3 in its name: \"\xc3\xa9: ***\""},
        {"HTTP/1.1 101 x\r\n folded\r\n",
         R"(line 2 of the response begins with whitespace, but follows no header that it could continue: " folded")"},
        {"HTTP/1.1 101 x\r\na: b\rc: d\r\n",
         R"(line 2 of the response has a carriage return within it: "a: ***")"},
        {"HTTP/1.1 101 x\r\na: b\x07\r\n",
         R"(line 2 of the response has the control character \x07: "a: ***")"},
        {"HTTP/1.1 101 x\r\na: b\nc: d\r\n",
         R"(line 2 of the response ends in a line feed without a carriage return: "a: ***")"},
        {"HTTP/1.1 100 x\r\na: b\r\n\r\nHTTP/1.1 101 x\r\nbad\r\n",
         R"(line 5 of the response has no colon: "bad")"},
        {"HTTP/1.1 100 x\r\n\r\nNO", R"(line 3 of the response is not HTTP/1.1: "NO")"},
    };
    for (const auto& row : table) CHECK(said(row.head) == row.expected);
    CHECK(said(std::string(10'000, 'x')).size() < 130);
    CHECK(said("HTTP/1.1 101 x\r\n" + std::string(10'000, 'x') + "\r\n") ==
          "line 2 of the response has no colon: \"" + std::string(77, 'x') + "...\"");
  }

  TEST_CASE("what is said of an exceeded limit") {
    const std::string head = "HTTP/1.1 101 x\r\na: b\r\nc: d\r\n\r\n";
    CHECK(said(head, {.max_headers = 1}) == "the response has more headers than max_headers, 1");
    CHECK(said(head, {.max_size = 20}) ==
          "the head of the response is longer than max_head_size, 20 bytes");
  }

  TEST_CASE("what is said does not depend on how the input is split, but for another protocol") {
    const std::string_view text = "HTTP/1.1 101 x\r\na: b\r\nbad\r\n\r\n";
    for (std::size_t i = 0; i < text.size(); ++i) {
      http_head_parser parser;
      std::error_code ec;
      parser.feed(wsx::as_bytes(text.substr(0, i)), ec);
      if (!ec) parser.feed(wsx::as_bytes(text.substr(i)), ec);
      CHECK(parser.error_detail() == R"(line 3 of the response has no colon: "bad")");
    }
    http_head_parser slow;
    std::error_code ec;
    slow.feed(wsx::as_bytes("H"), ec);
    CHECK(slow.error_detail().empty());
    slow.feed(wsx::as_bytes("i there\r\n"), ec);
    CHECK(slow.error_detail() == R"(line 1 of the response is not HTTP/1.1: "Hi there")");
  }
}
