#include <wsx/message.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace {

const std::string hello = "hello";

// As all that send take one.
wsx::message as_message(wsx::message m) {
  return m;
}

bool is_text_hello(wsx::message m) {
  return m.kind() == wsx::opcode::text && m.is_text() && !m.is_binary() && m.text() == hello &&
         wsx::as_chars(m.bytes()) == hello;
}

}  // namespace

TEST_SUITE("message") {
  static_assert(std::is_trivially_copyable_v<wsx::message>);

  TEST_CASE("of text, or of any string") {
    CHECK(is_text_hello(wsx::text{hello}));
    CHECK(is_text_hello("hello"));
    CHECK(is_text_hello(hello));
    CHECK(is_text_hello(std::string_view(hello)));
    CHECK(as_message(hello).text().data() == hello.data());
    static_assert(!std::convertible_to<std::nullptr_t, wsx::message>);
    static_assert(!std::convertible_to<int, wsx::message>);
  }

  TEST_CASE("of binary") {
    const wsx::message m = wsx::binary(std::string_view("a\0b", 3));
    CHECK(m.kind() == wsx::opcode::binary);
    CHECK(m.is_binary());
    CHECK(!m.is_text());
    CHECK(m.bytes().size() == 3);
    CHECK(m.text() == std::string_view("a\0b", 3));
  }

  TEST_CASE("nothing is an empty text") {
    CHECK(wsx::message().is_text());
    CHECK(wsx::message().text().empty());
    CHECK(wsx::owned_message() == wsx::message().owned());
  }

  TEST_CASE("messages compare by kind and payload") {
    CHECK(wsx::message("a") == wsx::message(std::string("a")));
    CHECK(wsx::message("a") != wsx::message("b"));
    CHECK(wsx::message("a") != wsx::message(wsx::binary("a")));
  }

  TEST_CASE("owned: lives on, and is a message again") {
    std::string source = "a payload that is too long for a string's own room";
    const auto text = wsx::message(source).owned();
    const auto binary = wsx::message(wsx::binary(std::string_view(source))).owned();
    const std::string copy = source;
    source.assign(source.size(), 'x');
    CHECK(text.is_text());
    CHECK(text.text() == copy);
    CHECK(as_message(text) == wsx::message(copy));
    CHECK(binary.is_binary());
    CHECK(binary.kind() == wsx::opcode::binary);
    CHECK(wsx::as_chars(binary.bytes()) == copy);
    CHECK(as_message(binary) == wsx::message(wsx::binary(std::string_view(copy))));
    CHECK(text != binary);
  }
}
