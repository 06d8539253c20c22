#include "../common/noise.hpp"

#include <wsx/protocol/deflater.hpp>
#include <wsx/protocol/inflater.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using common_test::noise;
using wsx::as_bytes;
using wsx::as_chars;
using wsx::memory::byte_buffer;
using wsx::protocol::deflater;
using wsx::testing::server_inflater;

namespace {

std::string compress(deflater& with, std::string_view payload,
                     deflater::flush how = deflater::flush::message) {
  byte_buffer out;
  with.write(as_bytes(payload), how, out);
  return std::string(as_chars(out.view()));
}

}  // namespace

TEST_SUITE("protocol/deflater") {
  TEST_CASE("RFC 7692 7.2.3.1: the example, byte by byte") {
    deflater with({});
    CHECK(compress(with, "Hello") == std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7));
  }

  TEST_CASE("RFC 7692 7.2.3.2: the second message refers to the first") {
    deflater with({});
    compress(with, "Hello");
    CHECK(compress(with, "Hello") == std::string("\xf2\x00\x11\x00\x00", 5));
  }

  TEST_CASE("without context takeover each message is the same") {
    deflater with({.context_takeover = false});
    const auto first = compress(with, "Hello");
    CHECK(first == std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7));
    CHECK(compress(with, "Hello") == first);
  }

  TEST_CASE("RFC 7692 7.2.3.6: an empty message is a byte of zero, whatever went before") {
    for (const bool takeover : {true, false}) {
      deflater with({.context_takeover = takeover});
      server_inflater server;
      for (int i = 0; i < 3; ++i) CHECK(compress(with, "") == std::string(1, '\0'));
      CHECK(server.message(std::string(1, '\0')).empty());
      CHECK(server.message(compress(with, "a")) == "a");
      CHECK(compress(with, "") == std::string(1, '\0'));
    }
  }

  TEST_CASE("what it makes, a server can inflate: sizes, levels, windows, takeover") {
    for (const std::size_t size : {1u, 100u, 10'000u, 70'000u}) {
      for (const auto& payload : {std::string(size, 'a'), noise(size)}) {
        for (int bits = 8; bits <= 15; ++bits) {
          for (const int level : {0, 1, 9}) {
            for (const bool takeover : {true, false}) {
              CAPTURE(size);
              CAPTURE(bits);
              CAPTURE(level);
              CAPTURE(takeover);
              deflater with({.level = level, .window_bits = bits, .context_takeover = takeover});
              server_inflater server(bits);
              for (int i = 0; i < 2; ++i) {
                CHECK(server.message(compress(with, payload)) == payload);
                if (!takeover) server.reset();
              }
            }
          }
        }
      }
    }
  }

  TEST_CASE("a message in parts, each of which can be inflated as it comes") {
    deflater with({});
    wsx::protocol::inflater server(15, true);
    std::string all;
    for (const std::string part : {"one ", "", "two ", "", ""}) {
      const auto bytes = compress(with, part, deflater::flush::fragment);
      std::byte room[100];
      std::error_code error;
      server.feed(as_bytes(bytes), false);
      all += as_chars(wsx::bytes_view(room).first(server.read(room, error)));
      CHECK_FALSE(error);
      CHECK(all.ends_with(part));
    }
    CHECK(compress(with, "") == std::string(1, '\0'));
    CHECK(all == "one two ");
  }

  TEST_CASE("released, it refers to nothing before") {
    deflater with({});
    const auto first = compress(with, "Hello");
    with.release();
    CHECK(compress(with, "Hello") == first);
  }
}
