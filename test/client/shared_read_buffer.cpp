#include "../../lib/client/shared_read_buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <thread>

namespace {

using wsx::detail::shared_read_buffer;

bool overlap(const shared_read_buffer& a, const shared_read_buffer& b) {
  const std::less<const std::byte*> before;
  const auto* const end_a = a.span().data() + a.span().size();
  const auto* const end_b = b.span().data() + b.span().size();
  return before(a.span().data(), end_b) && before(b.span().data(), end_a);
}

void fill(const shared_read_buffer& buffer, int value) {
  std::memset(buffer.span().data(), value, buffer.span().size());
}

bool is_full_of(const shared_read_buffer& buffer, int value) {
  return std::ranges::all_of(buffer.span(),
                             [=](std::byte b) { return std::to_integer<int>(b) == value; });
}

}  // namespace

TEST_SUITE("client/shared_read_buffer") {
  TEST_CASE("one after the other they share one buffer") {
    const std::byte* place = nullptr;
    std::size_t size = 0;
    {
      const shared_read_buffer first;
      place = first.span().data();
      size = first.span().size();
      CHECK(size > 0);
    }
    const shared_read_buffer second;
    CHECK(second.span().data() == place);
    CHECK(second.span().size() == size);
  }

  TEST_CASE("one within another has a buffer of its own, as large") {
    const shared_read_buffer outer;
    fill(outer, 1);
    {
      const shared_read_buffer inner;
      const shared_read_buffer innermost;
      CHECK(inner.span().size() == outer.span().size());
      CHECK(!overlap(outer, inner));
      CHECK(!overlap(outer, innermost));
      CHECK(!overlap(inner, innermost));
      fill(inner, 2);
      fill(innermost, 3);
      CHECK(is_full_of(inner, 2));
    }
    CHECK(is_full_of(outer, 1));
    // The inner ones did not give back what was not theirs.
    const shared_read_buffer next;
    CHECK(!overlap(outer, next));
  }

  TEST_CASE("the inner one may be the last to end") {
    std::optional<shared_read_buffer> outer(std::in_place);
    const auto* const place = outer->span().data();
    const shared_read_buffer inner;
    fill(inner, 1);
    outer.reset();
    const shared_read_buffer next;
    CHECK(next.span().data() == place);
    fill(next, 2);
    CHECK(is_full_of(inner, 1));
  }

  TEST_CASE("each thread has its own") {
    const shared_read_buffer here;
    fill(here, 1);
    std::thread([&] {
      const shared_read_buffer there;
      CHECK(!overlap(here, there));
      fill(there, 2);
    }).join();
    CHECK(is_full_of(here, 1));
  }
}
