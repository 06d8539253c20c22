#include <wsx/memory/pooled_bytes.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using wsx::memory::pooled_bytes;

std::string_view text_of(const pooled_bytes& b) {
  return wsx::as_chars(b.view());
}

pooled_bytes copy_of(std::string_view s) {
  return pooled_bytes(wsx::as_bytes(s));
}

}  // namespace

TEST_SUITE("memory/pooled_bytes") {
  TEST_CASE("is a copy") {
    std::string source = "hello";
    const auto copy = copy_of(source);
    source[0] = 'j';
    CHECK(text_of(copy) == "hello");
  }

  TEST_CASE("moves, and is empty then") {
    auto a = copy_of("one");
    auto b = std::move(a);
    CHECK(text_of(b) == "one");
    CHECK(a.view().empty());
    auto c = copy_of("two");
    c = std::move(b);
    CHECK(text_of(c) == "one");
  }

  TEST_CASE("a copy of it is another") {
    auto a = copy_of("one");
    auto b = a;
    a.append(wsx::as_bytes(" and more"));
    CHECK(text_of(b) == "one");
    b = a;
    a = copy_of("two");
    CHECK(text_of(b) == "one and more");
  }

  TEST_CASE("nothing is a copy of nothing") {
    CHECK(pooled_bytes().view().empty());
    CHECK(copy_of("").view().empty());
  }

  TEST_CASE("uses memory again") {
    const std::byte* place = nullptr;
    {
      const auto first = copy_of("first");
      place = first.view().data();
    }
    const auto second = copy_of("second");
    CHECK(second.view().data() == place);
    CHECK(text_of(second) == "second");
  }

  TEST_CASE("any number at a time, of any size") {
    std::vector<pooled_bytes> all;
    std::vector<std::string> sources;
    for (std::size_t i = 0; i < 50; ++i)
      sources.emplace_back(i * i * 100, static_cast<char>('a' + i % 26));
    for (int round = 0; round < 3; ++round) {
      for (const auto& s : sources) all.push_back(copy_of(s));
      for (std::size_t i = 0; i < sources.size(); ++i) CHECK(text_of(all[i]) == sources[i]);
      all.clear();
    }
  }
}
