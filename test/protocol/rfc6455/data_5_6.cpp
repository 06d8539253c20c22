#include "../support.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

using namespace protocol_test;

TEST_SUITE("protocol/rfc6455/data_5_6") {
  TEST_CASE("text and binary are told apart, whole and in fragments") {
    CHECK(receive(wire(text_frame("t"), binary_frame("b"))) == "text t; binary b; ");
    CHECK(receive(wire(unfinished(binary_frame("b")), continuation_frame("b", true),
                       unfinished(text_frame("t")), continuation_frame("t", true))) ==
          "binary bb; text tt; ");
  }

  TEST_CASE("empty messages are messages") {
    CHECK(receive(wire(text_frame(""), binary_frame(""), text_frame(""))) ==
          "text ; binary ; text ; ");
  }

  TEST_CASE("binary is anything, text any UTF-8 with NUL too") {
    std::string every_byte(256, ' ');
    for (std::size_t i = 0; i < 256; ++i) every_byte[i] = static_cast<char>(i);
    CHECK(receive(wire(binary_frame(every_byte))) == "binary " + every_byte + "; ");
    const std::string text("a\0b\xf0\x9f\x90\xa2", 7);
    CHECK(receive(wire(text_frame(text))) == "text " + text + "; ");
  }

  TEST_CASE("messages of every size around the forms of the length") {
    for (const std::size_t size : {1u, 124u, 125u, 126u, 127u, 128u, 65'534u, 65'535u, 65'536u}) {
      CAPTURE(size);
      const std::string payload(size, 'x');
      CHECK(receive(wire(binary_frame(payload))) == "binary " + payload + "; ");
    }
  }
}
