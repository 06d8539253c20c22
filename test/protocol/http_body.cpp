#include <wsx/protocol/http_body.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

using wsx::protocol::http_body_reader;
using wsx::protocol::http_head;

http_head head_of(int status, wsx::header_list headers = {}) {
  http_head head;
  head.status = status;
  head.headers = std::move(headers);
  return head;
}

const wsx::header_list chunked{{"transfer-encoding", "gzip, Chunked"}};

struct outcome {
  std::string body;
  bool done;

  bool operator==(const outcome&) const = default;
};

// Parses it whole and byte by byte, which must not differ.
outcome read(const http_head& head, std::string_view bytes, std::size_t max_size = 100) {
  http_body_reader whole(head, max_size);
  whole.feed(wsx::as_bytes(bytes));
  http_body_reader slow(head, max_size);
  for (const char& byte : bytes) slow.feed(wsx::as_bytes({&byte, 1}));
  const outcome result{whole.take(), whole.done()};
  CHECK(outcome{slow.take(), slow.done()} == result);
  return result;
}

}  // namespace

TEST_SUITE("protocol/http_body") {
  TEST_CASE("RFC 9112 6.3: no body") {
    for (const int status : {204, 304}) CHECK(read(head_of(status), "rest") == outcome{"", true});
    CHECK(read(head_of(403, {{"Content-Length", "0"}}), "rest") == outcome{"", true});
  }

  TEST_CASE("Content-Length") {
    const auto head = head_of(403, {{"Content-Length", "9"}});
    CHECK(read(head, "no access") == outcome{"no access", true});
    CHECK(read(head, "no access, and more") == outcome{"no access", true});
    CHECK(read(head, "no acc") == outcome{"no acc", false});
  }

  TEST_CASE("until the connection ends, or enough has come") {
    CHECK(read(head_of(403), "no access") == outcome{"no access", false});
    CHECK(read(head_of(403, {{"Content-Length", "many"}}), "no") == outcome{"no", false});
    CHECK(read(head_of(403), "no access", 5) == outcome{"no ac", true});
    const auto head = head_of(403, {{"Content-Length", "9"}});
    CHECK(read(head, "no access", 5) == outcome{"no ac", true});
  }

  TEST_CASE("RFC 9112 7.1: chunks") {
    const auto head = head_of(401, chunked);
    CHECK(read(head, "9\r\nno access\r\n0\r\n\r\n") == outcome{"no access", true});
    CHECK(read(head, "3;a=b\r\nno \r\n0006\r\naccess\r\n0\r\n") == outcome{"no access", true});
    CHECK(read(head, "A\r\n0123456789\r\n") == outcome{"0123456789", false});
    CHECK(read(head, "9\r\nno access\r\n0\r\n\r\n", 5) == outcome{"no ac", true});
    // Chunked goes before a length. RFC 9112 6.1
    auto both = head;
    both.headers.push_back({"Content-Length", "1"});
    CHECK(read(both, "2\r\nno\r\n0\r\n") == outcome{"no", true});
  }

  TEST_CASE("malformed chunks end it") {
    const auto head = head_of(401, chunked);
    CHECK(read(head, "no access\r\n") == outcome{"", true});
    CHECK(read(head, "ffffffffffffffffff\r\nx") == outcome{"", true});
    CHECK(read(head, "2\r\nno\r\n-1\r\nx") == outcome{"no", true});
    CHECK(read(head, "1;" + std::string(1000, 'x')) == outcome{"", true});
  }
}
