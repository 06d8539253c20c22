#include "../../lib/recording/record_ring.hpp"
#include "support.hpp"

#include <algorithm>
#include <deque>
#include <random>

// The ring has the newest records, whole and in order.

namespace {

using namespace recording_test;
using wsx::bytes_view;

std::string body_of(std::uint64_t number, std::size_t size) {
  std::string body = std::to_string(number) + ":";
  body.resize(std::max(size, body.size()), static_cast<char>('a' + number % 26));
  return body;
}

void push(record_ring& ring, const std::string& body, record_kind kind = record_kind::frame) {
  record_head head;
  head.kind = kind;
  ring.push(head, body.size(), [&](std::span<std::byte> place) {
    std::memcpy(place.data(), body.data(), body.size());
  });
}

// The bodies from a place on, in pieces of that size.
std::vector<std::string> bodies_from(const record_ring& ring, record_ring::cursor from,
                                     std::size_t piece) {
  std::vector<std::string> all;
  std::vector<std::byte> place(piece);
  const auto until = ring.newest();
  while (const std::size_t size = ring.copy(from, until, place)) {
    for (std::size_t at = 0; at < size;) {
      record_head head;
      std::memcpy(&head, place.data() + at, head_size);
      all.emplace_back(wsx::as_chars(bytes_view(place).subspan(at + head_size, head.body_size)));
      at += record_ring::room_of(head_size + head.body_size);
    }
  }
  return all;
}

TEST_SUITE("recording/ring") {
  TEST_CASE("whatever the sizes, it has the newest records, and as many as fit") {
    constexpr std::size_t capacity = 10'000;
    std::mt19937 random(7);
    record_ring ring(capacity);
    std::deque<std::string> model;
    for (std::uint64_t i = 0; i < 5000; ++i) {
      const std::size_t limit = random() % 10 == 0 ? ring.max_body() : 200;
      model.push_back(body_of(i, random() % limit));
      push(ring, model.back());
      if (i % 7 != 0) continue;
      const auto kept = bodies_from(ring, ring.oldest(), 4096);
      REQUIRE(kept.size() <= model.size());
      CHECK(std::equal(kept.rbegin(), kept.rend(), model.rbegin()));
      std::size_t used = 0;
      for (const auto& each : kept) used += record_ring::room_of(head_size + each.size());
      CHECK(used <= capacity);
      // One more, and what is skipped at the end of the memory, would not have fit.
      if (i > 1000) CHECK(used + 2 * (ring.max_body() + head_size) > capacity);
    }
    CHECK(ring.newest().record == 5000);
  }

  TEST_CASE("records that fill it exactly") {
    record_ring ring(4096);
    const std::string body(1024 - head_size, 'x');
    for (int i = 0; i < 9; ++i) push(ring, body);
    CHECK(bodies_from(ring, ring.oldest(), 4096).size() == 4);
    CHECK(ring.oldest().record == 5);
  }

  TEST_CASE("a copy goes on with the oldest record when others have been dropped") {
    record_ring ring(4096);
    auto from = ring.oldest();
    for (std::uint64_t i = 0; i < 200; ++i) push(ring, body_of(i, 100));
    const auto kept = bodies_from(ring, from, 4096);
    CHECK(kept.front() == body_of(ring.oldest().record, 100));
    CHECK(kept.back() == body_of(199, 100));
  }

  TEST_CASE("a copy takes whole records, as many as there is place for") {
    record_ring ring(4096);
    for (std::uint64_t i = 0; i < 10; ++i) push(ring, body_of(i, 100));
    auto from = ring.oldest();
    std::vector<std::byte> place(300);
    CHECK(ring.copy(from, ring.newest(), place) == 2 * record_ring::room_of(head_size + 100));
    CHECK(from.record == 2);
    CHECK(bodies_from(ring, from, 300).front() == body_of(2, 100));
  }

  TEST_CASE("the connection of the oldest record is kept") {
    record_ring ring(4096);
    push(ring, "first", record_kind::connected);
    CHECK_FALSE(ring.connection());
    for (std::uint64_t i = 0; i < 100; ++i) push(ring, body_of(i, 100));
    REQUIRE(ring.connection());
    CHECK(wsx::as_chars(ring.connection()->view()) == "first");
    push(ring, "", record_kind::connection_ended);
    push(ring, "second", record_kind::connected);
    CHECK(wsx::as_chars(ring.connection()->view()) == "first");
    for (std::uint64_t i = 0; i < 100; ++i) push(ring, body_of(i, 100));
    CHECK(wsx::as_chars(ring.connection()->view()) == "second");
    push(ring, "", record_kind::connection_ended);
    for (std::uint64_t i = 0; i < 100; ++i) push(ring, body_of(i, 100));
    CHECK_FALSE(ring.connection());
  }
}

}  // namespace
