#include "support.hpp"

using namespace protocol_test;
using wsx::close_code;

namespace {

std::string bytes_of(std::initializer_list<int> values) {
  std::string result;
  for (const int value : values) result += static_cast<char>(value);
  return result;
}

server_frame compressed_text(std::string payload) {
  return compressed(text_frame(payload));
}

}  // namespace

TEST_SUITE("protocol/rfc7692/payload_7_2: payloads") {
  TEST_CASE("7.2.3.1: the examples with one block") {
    const auto hello = bytes_of({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00});
    CHECK(receive_inflating(wire(compressed_text(hello))) == "text Hello; ");
    CHECK(receive_inflating(wire(unfinished(compressed_text(hello.substr(0, 3))),
                                 continuation_frame(hello.substr(3), true))) == "text Hello; ");
  }

  TEST_CASE("7.2.3.2: sharing the window") {
    CHECK(receive_inflating(
              wire(compressed_text(bytes_of({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})),
                   compressed_text(bytes_of({0xf2, 0x00, 0x11, 0x00, 0x00})))) ==
          "text Hello; text Hello; ");
  }

  TEST_CASE("7.2.3.3: a block without compression") {
    CHECK(receive_inflating(wire(compressed_text(
              bytes_of({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00})))) ==
          "text Hello; ");
  }

  TEST_CASE("7.2.3.4: a final block, and messages behind it") {
    const auto final_block = bytes_of({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00});
    const auto again = bytes_of({0xf2, 0x00, 0x11, 0x00, 0x00});  // refers to it
    CHECK(receive_inflating(wire(compressed_text(final_block), compressed_text(again),
                                 compressed_text(final_block))) ==
          "text Hello; text Hello; text Hello; ");
    server_deflater server;
    CHECK(receive_inflating(
              wire(compressed_text(server.final_block("one ") + server.final_block("two ") +
                                   server.message("three")))) == "text one two three; ");
    // Without the byte that 7.2.3.4 adds.
    CHECK(receive_inflating(wire(compressed_text(server.final_block("Hello")),
                                 compressed_text(server.message("next")))) ==
          "text Hello; text next; ");
  }

  TEST_CASE("7.2.3.5: two blocks in one message") {
    CHECK(receive_inflating(wire(compressed_text(bytes_of(
              {0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00})))) ==
          "text Hello; ");
  }

  TEST_CASE("7.2.3.6: empty messages, and empty frames anywhere") {
    const auto empty = bytes_of({0x00});
    server_deflater server;
    const auto hello = server.message("Hello");
    CHECK(receive_inflating(wire(compressed_text(empty), compressed_text(""),
                                 unfinished(compressed_text("")), continuation_frame("", false),
                                 continuation_frame(hello, false), continuation_frame("", true),
                                 compressed_text(server.message("!")))) ==
          "text ; text ; text Hello; text !; ");
  }

  TEST_CASE("in pieces as they come") {
    server_deflater server;
    const std::string payload(100'000, 'x');
    CHECK(receive_inflating(wire(unfinished(compressed(binary_frame(server.part("one ")))),
                                 continuation_frame(server.message("two"), true),
                                 compressed(binary_frame(server.message(payload))),
                                 compressed(text_frame(server.message("")))),
                            {}, delivery::fragments) ==
          "binary|first one two last; binary|first " + payload + " last; text|first  last; ");
  }

  TEST_CASE("without context takeover") {
    server_deflater server;
    std::string bytes, said;
    for (const std::string word : {"one", "two", "three"}) {
      bytes += wire(compressed_text(server.message(word)));
      server.reset();
      said += "text " + word + "; ";
    }
    CHECK(receive_inflating(bytes, {}, delivery::messages, false) == said);
  }

  TEST_CASE("data that cannot be inflated") {
    check_refused_inflating(wire(compressed_text("\xff")), errc::invalid_deflate_data,
                            close_code::invalid_payload);
    const auto whole = server_deflater().message("a message that is cut off at its end");
    check_refused_inflating(wire(compressed_text(whole.substr(0, whole.size() / 2))),
                            errc::invalid_deflate_data, close_code::invalid_payload);
  }

  TEST_CASE("RFC 6455 8.1: text is judged as it is inflated") {
    const std::string invalid = "Hello\xc3\x28 and much more of it";
    check_refused_inflating(wire(compressed_text(server_deflater().message(invalid))),
                            errc::invalid_utf8, close_code::invalid_payload);
    // As soon as the wrong byte comes out, though the message goes on.
    server_deflater server;
    check_refused_inflating(wire(unfinished(compressed_text(server.part("\xff"))),
                                 continuation_frame(server.part("more"), false)),
                            errc::invalid_utf8, close_code::invalid_payload);
    check_refused_inflating(wire(compressed_text(server_deflater().message("\xc3"))),
                            errc::invalid_utf8, close_code::invalid_payload);
    // What comes out before the data turns out to be corrupt counts first, however it is cut.
    check_refused_inflating(wire(compressed_text(server_deflater().part("\xff") + "\xff")),
                            errc::invalid_utf8, close_code::invalid_payload);
    CHECK(receive_inflating(wire(compressed(binary_frame(server_deflater().message("\xff"))))) ==
          "binary \xff; ");
    server_deflater cut;
    const auto first = cut.part("h\xc3");
    CHECK(receive_inflating(wire(unfinished(compressed_text(first)),
                                 continuation_frame(cut.message("\xa9!"), true))) ==
          "text h\xc3\xa9!; ");
  }
}

TEST_SUITE("protocol/rfc7692/payload_7_2: limits, RFC 7692 8") {
  TEST_CASE("the limit of a message counts what comes out, to the byte") {
    const message_limits limits{.max_message = 1000, .max_frame = 10'000, .max_fragments = 10};
    server_deflater server;
    const std::string most(1000, 'x');
    CHECK(receive_inflating(wire(compressed(binary_frame(server.message(most)))), limits) ==
          "binary " + most + "; ");
    CHECK(receive_inflating(wire(compressed(binary_frame(server_deflater().message(most)))), limits,
                            delivery::fragments) == "binary|first " + most + " last; ");
    check_refused_inflating(wire(compressed(binary_frame(server_deflater().message(most + "x")))),
                            errc::message_too_big, close_code::message_too_big, limits);
    // More bytes on the wire than come out are none of its business.
    const std::string stored = server_deflater(15, 0).message(most);
    REQUIRE(stored.size() > 1000);
    CHECK(receive_inflating(wire(compressed(binary_frame(stored))), limits) ==
          "binary " + most + "; ");
  }

  TEST_CASE("the limits of frames and fragments count what comes in") {
    const message_limits limits{.max_message = 1000, .max_frame = 20, .max_fragments = 2};
    const std::string stored = server_deflater(15, 0).message(std::string(100, 'x'));
    check_refused_inflating(wire(compressed(binary_frame(stored))), errc::frame_too_big,
                            close_code::message_too_big, limits);
    check_refused_inflating(wire(unfinished(compressed_text("")), continuation_frame("", false),
                                 continuation_frame("", false)),
                            errc::too_many_fragments, close_code::message_too_big, limits);
  }
}
