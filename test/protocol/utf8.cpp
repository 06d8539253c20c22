#include <wsx/protocol/utf8.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using wsx::as_bytes;
using wsx::protocol::is_utf8;
using wsx::protocol::utf8_validator;

namespace {

std::string bytes(std::initializer_list<unsigned> values) {
  std::string result;
  for (const unsigned value : values) result += static_cast<char>(value);
  return result;
}

std::string encode(std::uint32_t scalar) {
  if (scalar < 0x80) return bytes({scalar});
  if (scalar < 0x800) return bytes({0xc0 | scalar >> 6, 0x80 | (scalar & 0x3f)});
  if (scalar < 0x10000) {
    return bytes({0xe0 | scalar >> 12, 0x80 | (scalar >> 6 & 0x3f), 0x80 | (scalar & 0x3f)});
  }
  return bytes({0xf0 | scalar >> 18, 0x80 | (scalar >> 12 & 0x3f), 0x80 | (scalar >> 6 & 0x3f),
                0x80 | (scalar & 0x3f)});
}

/// At most four bytes as one number.
std::uint32_t number(std::string_view sequence) {
  std::uint32_t value = 0;
  for (const char byte : sequence) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

/// Knows nothing of UTF-8's ranges: it has encoded every scalar value of Unicode and looks up
/// whether a sequence is one of those, or the beginning of one.
class reference_decoder {
 public:
  reference_decoder() {
    for (std::uint32_t scalar = 0; scalar <= 0x10ffff; ++scalar) {
      if (scalar >= 0xd800 && scalar <= 0xdfff) continue;  // surrogates are no scalar values
      add(encode(scalar));
    }
  }

  bool is_character(std::string_view sequence) const { return has(characters_, sequence); }
  bool is_beginning(std::string_view sequence) const { return has(beginnings_, sequence); }

  /// The offset of the first byte that makes `text` invalid whatever follows, or its size.
  std::size_t first_wrong(std::string_view text) const {
    std::size_t begin = 0;
    for (std::size_t end = 1; end <= text.size(); ++end) {
      const std::string_view sequence = text.substr(begin, end - begin);
      if (is_character(sequence)) {
        begin = end;
      } else if (!is_beginning(sequence)) {
        return end - 1;
      }
    }
    return text.size();
  }

  bool is_valid(std::string_view text) const {
    std::size_t begin = 0;
    for (std::size_t end = 1; end <= text.size() && end - begin <= 4; ++end) {
      if (is_character(text.substr(begin, end - begin))) begin = end;
    }
    return begin == text.size();
  }

 private:
  using table = std::array<std::vector<std::uint32_t>, 5>;  // by the sequence's size, ascending

  void add(const std::string& character) {
    characters_[character.size()].push_back(number(character));
    for (std::size_t size = 1; size < character.size(); ++size) {
      const std::uint32_t beginning = number(character.substr(0, size));
      std::vector<std::uint32_t>& known = beginnings_[size];
      if (known.empty() || known.back() != beginning) known.push_back(beginning);
    }
  }

  static bool has(const table& sequences, std::string_view sequence) {
    const std::vector<std::uint32_t>& known = sequences[sequence.size()];
    return std::binary_search(known.begin(), known.end(), number(sequence));
  }

  table characters_;
  table beginnings_;
};

const reference_decoder& reference() {
  static const reference_decoder decoder;
  return decoder;
}

bool valid_in_one_piece(std::string_view text) {
  utf8_validator validator;
  return validator.feed(as_bytes(text)) && validator.complete();
}

bool valid_in_two_pieces(std::string_view text, std::size_t split) {
  utf8_validator validator;
  return validator.feed(as_bytes(text.substr(0, split))) &&
         validator.feed(as_bytes(text.substr(split))) && validator.complete();
}

/// Every way to ask must give `expected`.
bool all_agree(std::string_view text, bool expected) {
  if (is_utf8(as_bytes(text)) != expected || valid_in_one_piece(text) != expected) return false;
  for (std::size_t split = 0; split <= text.size(); ++split) {
    if (valid_in_two_pieces(text, split) != expected) return false;
  }
  return true;
}

/// Also within longer text, short of simdjson's block, beyond it, and at either end.
bool all_agree_anywhere(const std::string& text, bool expected) {
  for (const std::size_t padding :
       {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{300}}) {
    const std::string pad(padding, 'x');
    if (!all_agree(text + pad, expected) || !all_agree(pad + text, expected)) return false;
    if (!all_agree(pad + text + pad, expected)) return false;
  }
  return true;
}

std::uint32_t random_scalar(std::mt19937& random) {
  static constexpr std::array<std::uint32_t, 5> edges{0, 0x80, 0x800, 0x10000, 0x110000};
  for (;;) {
    const std::size_t kind = random() % 4;
    const auto any = static_cast<std::uint32_t>(random());
    const std::uint32_t scalar = edges[kind] + any % (edges[kind + 1] - edges[kind]);
    if (scalar < 0xd800 || scalar > 0xdfff) return scalar;
  }
}

/// Well-formed text of exactly `size` bytes.
std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    const std::string character = encode(random_scalar(random));
    if (text.size() + character.size() <= size) text += character;
  }
  return text;
}

/// Feeds `text` in random pieces. Each piece must be refused exactly if what was fed up to its end
/// has the first wrong byte in it, and every piece after a refused one.
bool fails_with_the_right_piece(std::mt19937& random, std::string_view text) {
  const std::size_t wrong = reference().first_wrong(text);
  utf8_validator validator;
  for (std::size_t fed = 0; fed < text.size();) {
    const std::size_t size = std::min<std::size_t>(1 + random() % 9, text.size() - fed);
    const bool accepted = validator.feed(as_bytes(text.substr(fed, size)));
    fed += size;
    if (accepted != (fed <= wrong)) return false;
  }
  return (wrong == text.size() && validator.complete()) == reference().is_valid(text);
}

}  // namespace

TEST_SUITE("protocol/utf8: RFC 3629, Unicode table 3-7") {
  TEST_CASE("empty text is valid") {
    CHECK(is_utf8({}));
    utf8_validator validator;
    CHECK(validator.feed({}));
    CHECK(validator.complete());
  }

  TEST_CASE("the edges of every row of table 3-7 are valid") {
    for (const std::uint32_t scalar :
         {0x0u, 0x7fu, 0x80u, 0x7ffu, 0x800u, 0xfffu, 0x1000u, 0xcfffu, 0xd000u, 0xd7ffu, 0xe000u,
          0xfffeu, 0xffffu, 0x10000u, 0x3ffffu, 0x40000u, 0xfffffu, 0x100000u, 0x10ffffu}) {
      CAPTURE(scalar);
      CHECK(all_agree_anywhere(encode(scalar), true));
    }
  }

  TEST_CASE("ill-formed sequences are refused") {
    const std::vector<std::string> ill_formed{
        bytes({0x80}),                    // a continuation byte alone
        bytes({0xbf}),                    //
        bytes({0xc3, 0xa9, 0x80}),        // one continuation byte too many
        bytes({0xc0, 0x80}),              // overlong U+0000
        bytes({0xc1, 0xbf}),              // overlong U+007F
        bytes({0xe0, 0x80, 0x80}),        // overlong U+0000
        bytes({0xe0, 0x9f, 0xbf}),        // overlong U+07FF
        bytes({0xf0, 0x80, 0x80, 0x80}),  // overlong U+0000
        bytes({0xf0, 0x8f, 0xbf, 0xbf}),  // overlong U+FFFF
        bytes({0xed, 0xa0, 0x80}),        // surrogate U+D800
        bytes({0xed, 0xbf, 0xbf}),        // surrogate U+DFFF
        bytes({0xf4, 0x90, 0x80, 0x80}),  // U+110000
        bytes({0xf5, 0x80, 0x80, 0x80}),  // U+140000
        bytes({0xf8, 0x88, 0x80, 0x80, 0x80}),
        bytes({0xfe}),
        bytes({0xff}),
    };
    for (const std::string& text : ill_formed) {
      CAPTURE(number(text));
      CHECK(all_agree_anywhere(text, false));
    }
  }

  TEST_CASE("a character cut short is refused, at the end and before other text") {
    for (const std::uint32_t scalar : {0x80u, 0x7ffu, 0x800u, 0xffffu, 0x10000u, 0x10ffffu}) {
      const std::string whole = encode(scalar);
      for (std::size_t size = 1; size < whole.size(); ++size) {
        CAPTURE(scalar);
        CAPTURE(size);
        CHECK(all_agree_anywhere(whole.substr(0, size), false));
      }
    }
  }

  TEST_CASE("random text is judged as the reference does, whole and with one byte changed") {
    std::mt19937 random(1);
    std::vector<std::size_t> sizes{255, 256, 257, 4095, 4096, 4097};
    for (std::size_t size = 0; size <= 100; ++size) sizes.push_back(size);
    for (const std::size_t size : sizes) {
      CAPTURE(size);
      for (int round = 0; round < 20; ++round) {
        std::string text = random_text(random, size);
        REQUIRE(reference().is_valid(text));
        CHECK(is_utf8(as_bytes(text)));
        CHECK(fails_with_the_right_piece(random, text));
        if (size == 0) continue;
        text[random() % size] = static_cast<char>(random());
        CHECK(is_utf8(as_bytes(text)) == reference().is_valid(text));
        CHECK(fails_with_the_right_piece(random, text));
      }
    }
  }

  TEST_CASE("ASCII of any size is valid; one high byte anywhere makes it invalid") {
    for (const std::size_t size : {1u, 7u, 8u, 9u, 16u, 63u, 64u, 65u, 125u, 255u, 256u, 257u}) {
      CAPTURE(size);
      std::string text(size, '\x7f');
      CHECK(is_utf8(as_bytes(text)));
      std::size_t accepted = 0;
      for (char& byte : text) {
        byte = '\x80';
        accepted += is_utf8(as_bytes(text));
        byte = '\x7f';
      }
      CHECK(accepted == 0);
    }
  }
}

TEST_SUITE("protocol/utf8: utf8_validator, RFC 6455 8.1") {
  TEST_CASE("every sequence of up to four bytes is refused at its earliest wrong byte") {
    // A byte is tried after every beginning of a character: there is no other state to be in.
    std::vector<std::string> beginnings{""};
    std::size_t tried = 0;
    std::size_t wrong = 0;
    for (std::size_t size = 1; size <= 4; ++size) {
      std::vector<std::string> longer;
      for (const std::string& beginning : beginnings) {
        for (unsigned byte = 0; byte <= 0xff; ++byte) {
          const std::string sequence = beginning + static_cast<char>(byte);
          const bool character = reference().is_character(sequence);
          const bool viable = reference().is_beginning(sequence);
          utf8_validator validator;
          bool accepted = true;
          for (const char& each : sequence) accepted = validator.feed(as_bytes({&each, 1}));
          if (accepted != (character || viable)) ++wrong;
          if (validator.complete() != character) ++wrong;
          ++tried;
          if (viable) longer.push_back(sequence);
        }
      }
      beginnings = longer;
    }
    CHECK(wrong == 0);
    CHECK(tried > 4'000'000);
    CHECK(beginnings.empty());
  }

  TEST_CASE("a piece whose last character can't become valid is refused at once") {
    for (const std::string& tail :
         {bytes({0xed, 0xa0}), bytes({0xe0, 0x80}), bytes({0xf0, 0x8f}), bytes({0xf4, 0x90}),
          bytes({0xf4, 0x90, 0x80}), bytes({0xc0}), bytes({0xf5})}) {
      CAPTURE(number(tail));
      utf8_validator validator;
      CHECK_FALSE(validator.feed(as_bytes("some text before " + tail)));
      CHECK_FALSE(validator.complete());
    }
  }

  TEST_CASE("a failed text stays failed until reset") {
    utf8_validator validator;
    CHECK_FALSE(validator.feed(as_bytes(bytes({0xff}))));
    CHECK_FALSE(validator.feed(as_bytes("valid again")));
    CHECK_FALSE(validator.feed({}));
    CHECK_FALSE(validator.complete());
    validator.reset();
    CHECK(validator.complete());
    CHECK(validator.feed(as_bytes("a new text")));
    CHECK(validator.complete());
  }

  TEST_CASE("reset forgets a character begun") {
    utf8_validator validator;
    CHECK(validator.feed(as_bytes(bytes({0xe2, 0x82}))));
    CHECK_FALSE(validator.complete());
    validator.reset();
    CHECK(validator.complete());
    CHECK_FALSE(validator.feed(as_bytes(bytes({0xac}))));
  }

  TEST_CASE("an empty piece within a character changes nothing") {
    utf8_validator validator;
    CHECK(validator.feed(as_bytes(bytes({0xe2, 0x82}))));
    CHECK(validator.feed({}));
    CHECK_FALSE(validator.complete());
    CHECK(validator.feed(as_bytes(bytes({0xac}))));
    CHECK(validator.complete());
  }
}
