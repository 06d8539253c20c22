#include "../../lib/transport/wire_buffer.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>

using wsx::wire_buffer;

namespace {

// Writes as many bytes, each one more than the last.
void put(wire_buffer& buffer, std::size_t count) {
  const auto room = buffer.prepare();
  for (std::size_t i = 0; i < count; ++i) room[i] = static_cast<std::byte>(i);
  buffer.commit(count);
}

}  // namespace

TEST_SUITE("transport/wire_buffer") {
  TEST_CASE("gives back in order what was put in") {
    wire_buffer buffer;
    CHECK(buffer.empty());
    put(buffer, 3);
    put(buffer, 2);
    CHECK(buffer.view().size() == 5);
    buffer.consume(4);
    CHECK(buffer.view().size() == 1);
    CHECK(buffer.view()[0] == std::byte{1});
  }

  TEST_CASE("has room for so many bytes, and no more once it is full") {
    wire_buffer buffer;
    CHECK(buffer.prepare().size() == wire_buffer::capacity);
    put(buffer, 10);
    CHECK(buffer.prepare().size() == wire_buffer::capacity - 10);
    put(buffer, wire_buffer::capacity - 10);
    CHECK(buffer.prepare().empty());
    buffer.consume(wire_buffer::capacity - 1);
    CHECK(buffer.prepare().empty());
    buffer.consume(1);
    CHECK(buffer.empty());
    CHECK(buffer.prepare().size() == wire_buffer::capacity);
  }

  TEST_CASE("an empty one has lent its memory to the next") {
    wire_buffer one;
    wire_buffer another;
    const auto* const memory = one.prepare().data();
    SUBCASE("when its last byte is consumed") {
      one.commit(1);
      one.consume(1);
    }
    SUBCASE("when it is released") {
      one.release();
    }
    CHECK(one.view().data() == nullptr);
    // Were it free, this would get it.
    const auto next_block = std::make_unique<std::byte[]>(wire_buffer::capacity);
    CHECK(next_block.get() != memory);
    CHECK(another.prepare().data() == memory);
  }

  TEST_CASE("the memory of one that is destroyed is lent on") {
    const std::byte* memory = nullptr;
    {
      wire_buffer gone;
      put(gone, 1);
      memory = gone.view().data();
    }
    wire_buffer next;
    CHECK(next.prepare().data() == memory);
  }
}
