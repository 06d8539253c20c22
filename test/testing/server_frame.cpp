#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/server_frame.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace std::string_literals;
using namespace wsx::testing;

TEST_SUITE("testing/server_frame") {
  TEST_CASE("the examples of RFC 6455 5.7") {
    CHECK(encode_server_frame(text_frame("Hello")) == "\x81\x05Hello");
    CHECK(encode_server_frame({.payload = "Hel", .fin = false}) == "\x01\x03Hel");
    CHECK(encode_server_frame(continuation_frame("lo", true)) == "\x80\x02lo");
    CHECK(encode_server_frame(ping_frame("Hello")) == "\x89\x05Hello");
    CHECK(encode_server_frame(binary_frame(std::string(256, 'x'))) ==
          "\x82\x7E\x01\x00"s + std::string(256, 'x'));
    CHECK(encode_server_frame(binary_frame(std::string(65536, 'x'))) ==
          "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s + std::string(65536, 'x'));
    CHECK(encode_server_frame({.payload = "Hello", .mask = mask_key{0x37, 0xFA, 0x21, 0x3D}}) ==
          "\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58");
  }

  TEST_CASE("the shortest length is chosen at each limit") {
    const auto head = [](std::size_t size, std::size_t bytes) {
      return encode_server_frame(binary_frame(std::string(size, 'x'))).substr(1, bytes);
    };
    CHECK(head(125, 1) == "\x7D");
    CHECK(head(126, 3) == "\x7E\x00\x7E"s);
    CHECK(head(65535, 3) == "\x7E\xFF\xFF");
    CHECK(head(65536, 9) == "\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
  }

  TEST_CASE("close frames") {
    CHECK(encode_server_frame(close_frame()) == "\x88\x00"s);
    CHECK(encode_server_frame(close_frame(1000)) == "\x88\x02\x03\xE8");
    CHECK(encode_server_frame(close_frame(4999, "bye")) == "\x88\x05\x13\x87"s + "bye");
  }

  TEST_CASE("hostile forms") {
    SUBCASE("any opcode and reserved bits") {
      CHECK(encode_server_frame({.opcode = 0xF, .fin = false, .rsv = rsv1 | rsv3}) == "\x5F\x00"s);
      CHECK(encode_server_frame({.rsv = rsv2}) == "\xA1\x00"s);
    }
    SUBCASE("a longer length form than needed") {
      CHECK(encode_server_frame({.payload = "a", .form = length_form::bits_16}) ==
            "\x81\x7E\x00\x01\x61"s);
      CHECK(encode_server_frame({.payload = "a", .form = length_form::bits_64}) ==
            "\x81\x7F\x00\x00\x00\x00\x00\x00\x00\x01\x61"s);
    }
    SUBCASE("a length that is a lie") {
      CHECK(encode_server_frame({.payload = "a", .declared_length = 5}) == "\x81\x05\x61");
      CHECK(encode_server_frame({.declared_length = std::uint64_t{1} << 63}) ==
            "\x81\x7F\x80\x00\x00\x00\x00\x00\x00\x00"s);
    }
    SUBCASE("an oversized control frame") {
      CHECK(encode_server_frame(ping_frame(std::string(126, 'x'))).substr(0, 4) ==
            "\x89\x7E\x00\x7E"s);
    }
  }

  TEST_CASE("masking twice gives the payload back, at every length around a word") {
    const mask_key key{1, 2, 3, 4};
    for (std::size_t size = 0; size < 20; ++size) {
      std::string payload(size, 'a');
      apply_mask(payload, key);
      for (std::size_t i = 0; i < size; ++i)
        REQUIRE(payload[i] == static_cast<char>('a' ^ key[i % 4]));
      apply_mask(payload, key);
      CHECK(payload == std::string(size, 'a'));
    }
  }
}
