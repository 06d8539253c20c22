#include <wsx/memory/byte_buffer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

using wsx::as_bytes;
using wsx::as_chars;
using wsx::memory::byte_buffer;

namespace {

std::string contents(const byte_buffer& buffer) {
  return std::string(as_chars(buffer.view()));
}

}  // namespace

TEST_SUITE("memory/byte_buffer") {
  TEST_CASE("a new buffer is empty and holds no memory") {
    const byte_buffer buffer;
    CHECK(buffer.empty());
    CHECK(buffer.size() == 0);
    CHECK(buffer.capacity() == 0);
    CHECK(buffer.view().empty());
  }

  TEST_CASE("appending keeps what is there, over every growth") {
    byte_buffer buffer;
    std::string expected;
    for (int i = 0; i < 2000; ++i) {
      const std::string piece = std::to_string(i);
      buffer.append(as_bytes(piece));
      expected += piece;
      REQUIRE(buffer.size() == expected.size());
    }
    CHECK(contents(buffer) == expected);
  }

  TEST_CASE("appending nothing allocates nothing") {
    byte_buffer buffer;
    buffer.append({});
    CHECK(buffer.capacity() == 0);
  }

  TEST_CASE("prepared room counts once it is committed, as far as it is") {
    byte_buffer buffer;
    buffer.append(as_bytes("ab"));
    const auto room = buffer.prepare(1000);
    REQUIRE(room.size() == 1000);
    CHECK(buffer.size() == 2);
    std::ranges::fill(room, std::byte{'x'});
    buffer.commit(3);
    CHECK(contents(buffer) == "abxxx");
    CHECK(buffer.data() + 5 == buffer.prepare(10).data());
  }

  TEST_CASE("room that is there is not made again") {
    byte_buffer buffer;
    const auto* const first = buffer.prepare(100).data();
    const std::size_t capacity = buffer.capacity();
    CHECK(buffer.prepare(capacity).data() == first);
    CHECK(buffer.capacity() == capacity);
  }

  TEST_CASE("capacity grows to the double at least, or to what is wanted") {
    byte_buffer buffer;
    buffer.commit(buffer.prepare(1000).size());
    CHECK(buffer.capacity() == 1000);
    buffer.prepare(1);
    CHECK(buffer.capacity() == 2000);
    buffer.prepare(50'000);
    CHECK(buffer.capacity() == 51'000);
  }

  TEST_CASE("clear keeps the memory, release gives it back") {
    byte_buffer buffer;
    buffer.append(as_bytes("some bytes"));
    const std::size_t capacity = buffer.capacity();
    buffer.clear();
    CHECK(buffer.empty());
    CHECK(buffer.capacity() == capacity);
    buffer.append(as_bytes("more"));
    buffer.release();
    CHECK(buffer.empty());
    CHECK(buffer.capacity() == 0);
    buffer.append(as_bytes("again"));
    CHECK(contents(buffer) == "again");
  }

  TEST_CASE("moving takes the bytes along and leaves an empty buffer") {
    byte_buffer first;
    first.append(as_bytes("bytes"));
    const auto* const where = first.data();
    byte_buffer second = std::move(first);
    CHECK(contents(second) == "bytes");
    CHECK(second.data() == where);
    byte_buffer third;
    third.append(as_bytes("old"));
    third = std::move(second);
    CHECK(contents(third) == "bytes");
    second = byte_buffer();  // a buffer moved from can be used again
    CHECK(second.capacity() == 0);
  }

  TEST_CASE("swap exchanges all") {
    byte_buffer a;
    byte_buffer b;
    a.append(as_bytes("left"));
    a.swap(b);
    CHECK(a.capacity() == 0);
    CHECK(contents(b) == "left");
  }
}
