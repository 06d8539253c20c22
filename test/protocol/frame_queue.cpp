#include <wsx/protocol/frame_queue.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace wsx::protocol;
using wsx::opcode;

namespace {

constexpr mask_key zero_key{};
constexpr mask_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};

constexpr frame_head text_head{.op = opcode::text};

bool push(frame_queue& queue, std::string_view payload) {
  return queue.try_push(text_head, wsx::as_bytes(payload));
}

/// Reads the next frame's payload, without freeing it.
std::optional<std::string> read(frame_queue& queue, frame_head* head_out = nullptr) {
  frame_head head;
  if (!queue.read_head(head)) return std::nullopt;
  std::string payload(static_cast<std::size_t>(head.length), '?');
  queue.read_masked(std::as_writable_bytes(std::span(payload)), zero_key, 0);
  if (head_out != nullptr) *head_out = head;
  return payload;
}

std::optional<std::string> pop(frame_queue& queue, frame_head* head_out = nullptr) {
  const std::optional<std::string> payload = read(queue, head_out);
  queue.release(queue.unreleased());
  return payload;
}

std::string some_text(std::size_t seed, std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(seed * 31 + i * 7);
  return text;
}

}  // namespace

TEST_SUITE("frame_queue") {
  TEST_CASE("the capacity is a power of two, at least 256") {
    CHECK(frame_queue(0).capacity() == 256);
    CHECK(frame_queue(256).capacity() == 256);
    CHECK(frame_queue(257).capacity() == 512);
    CHECK(frame_queue(1 << 20).capacity() == 1 << 20);
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    CHECK(frame_queue(most).capacity() == most / 2 + 1);
  }

  TEST_CASE("a header that is only looked at is still to be read") {
    frame_queue queue(256);
    frame_head head;
    CHECK_FALSE(queue.peek_head(head));
    REQUIRE(push(queue, "hello"));
    for (int i = 0; i < 2; ++i) {
      REQUIRE(queue.peek_head(head));
      CHECK(head == frame_head{.op = opcode::text, .length = 5});
      CHECK(queue.unreleased() == 0);
    }
    CHECK(pop(queue) == "hello");
    CHECK_FALSE(queue.peek_head(head));
  }

  TEST_CASE("an empty queue has nothing to read") {
    frame_queue queue(256);
    frame_head head;
    CHECK(queue.readable() == 0);
    CHECK_FALSE(queue.read_head(head));
    queue.rewind();
    queue.read_masked({}, key, 0);
    queue.skip(0);
    queue.release(0);
    CHECK(queue.readable() == 0);
    CHECK(queue.unreleased() == 0);
  }

  TEST_CASE("frames come out in order, with their heads") {
    frame_queue queue(4096);
    const std::vector<frame_head> heads{{opcode::text, false, true, 5},
                                        {opcode::continuation, true, false, 0},
                                        {opcode::binary, true, false, 126},
                                        {opcode::ping, true, false, 125}};
    for (const frame_head& head : heads) {
      const std::string payload = some_text(1, static_cast<std::size_t>(head.length));
      REQUIRE(queue.try_push({head.op, head.fin, head.rsv1}, wsx::as_bytes(payload)));
    }
    CHECK(queue.readable() == 8 + 5 + 8 + 0 + 8 + 126 + 8 + 125);
    for (const frame_head& head : heads) {
      frame_head popped;
      CHECK(pop(queue, &popped) == some_text(1, static_cast<std::size_t>(head.length)));
      CHECK(popped == head);
    }
    CHECK_FALSE(pop(queue));
    CHECK(queue.readable() == 0);
  }

  TEST_CASE("heads and payloads wrap around the ring's end at any byte") {
    frame_queue queue(256);
    for (std::size_t i = 0; i < 20'000; ++i) {
      const std::string payload =
          some_text(i, i % 240);  // 247, the largest frame, and 256: coprime
      REQUIRE(push(queue, payload));
      REQUIRE(pop(queue) == payload);
    }
  }

  TEST_CASE("several frames at once, around the ring's end") {
    frame_queue queue(256);
    std::size_t pushed = 0;
    std::size_t popped = 0;
    while (popped < 5'000) {
      while (push(queue, some_text(pushed, pushed % 61))) ++pushed;
      REQUIRE(pushed - popped >= 3);
      for (int i = 0; i < 3; ++i, ++popped) REQUIRE(pop(queue) == some_text(popped, popped % 61));
    }
  }

  TEST_CASE("a full queue refuses a frame whole, and takes it once there is room") {
    frame_queue queue(256);
    REQUIRE(push(queue, std::string(92, 'a')));      // 100 bytes as a frame
    REQUIRE(push(queue, std::string(92, 'b')));      // 200
    CHECK_FALSE(push(queue, std::string(49, 'c')));  // would be 257
    CHECK(queue.readable() == 200);
    CHECK(push(queue, std::string(48, 'c')));  // 256
    CHECK_FALSE(push(queue, ""));

    CHECK(read(queue) == std::string(92, 'a'));
    CHECK_FALSE(push(queue, ""));  // read is not yet freed
    queue.release(100);
    CHECK(push(queue, std::string(92, 'd')));
    CHECK_FALSE(push(queue, ""));

    CHECK(pop(queue) == std::string(92, 'b'));
    CHECK(pop(queue) == std::string(48, 'c'));
    CHECK(pop(queue) == std::string(92, 'd'));
    CHECK_FALSE(pop(queue));
  }

  TEST_CASE("a frame exactly as large as the ring fits; a larger one never does") {
    frame_queue queue(256);
    const std::string largest = some_text(3, 248);
    CHECK(queue.can_ever_hold(largest.size()));
    CHECK_FALSE(queue.can_ever_hold(largest.size() + 1));
    CHECK_FALSE(push(queue, largest + "x"));
    for (int i = 0; i < 3; ++i) {
      CHECK(push(queue, largest));
      CHECK_FALSE(push(queue, ""));
      CHECK(pop(queue) == largest);
      CHECK(push(queue, "shift"));  // so the next round wraps elsewhere
      CHECK(pop(queue) == "shift");
    }
  }

  TEST_CASE("can_ever_hold does not overflow") {
    const frame_queue queue(256);
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    for (std::size_t less = 0; less < 32; ++less) CHECK_FALSE(queue.can_ever_hold(most - less));
    CHECK(queue.can_ever_hold(0));
    CHECK_FALSE(frame_queue(most).can_ever_hold(most / 2 + 1));
    CHECK(frame_queue(most).can_ever_hold(most / 2 + 1 - 8));
  }

  TEST_CASE("rewind makes what was read be read again") {
    frame_queue queue(256);
    REQUIRE(push(queue, "first"));
    REQUIRE(push(queue, "second"));
    CHECK(read(queue) == "first");
    frame_head head;
    REQUIRE(queue.read_head(head));
    queue.skip(3);  // into the middle of the second frame
    CHECK(queue.unreleased() == 13 + 8 + 3);
    CHECK(queue.readable() == 3);

    queue.rewind();
    CHECK(queue.unreleased() == 0);
    CHECK(queue.readable() == 13 + 14);
    CHECK(read(queue) == "first");
    CHECK(read(queue) == "second");
    CHECK_FALSE(read(queue));
  }

  TEST_CASE("release frees the first of several frames read; rewind goes back to the next") {
    frame_queue queue(256);
    REQUIRE(push(queue, std::string(92, 'a')));
    REQUIRE(push(queue, std::string(144, 'b')));  // 100 + 152: full but for 4 bytes
    CHECK(read(queue) == std::string(92, 'a'));
    CHECK(read(queue) == std::string(144, 'b'));
    CHECK(queue.unreleased() == 252);
    CHECK_FALSE(push(queue, std::string(92, 'c')));

    queue.release(100);
    CHECK(queue.unreleased() == 152);
    CHECK(push(queue, std::string(92, 'c')));
    CHECK_FALSE(push(queue, ""));
    queue.rewind();
    CHECK(read(queue) == std::string(144, 'b'));
    CHECK(read(queue) == std::string(92, 'c'));
  }

  TEST_CASE("skip passes a frame without reading it") {
    frame_queue queue(256);
    REQUIRE(push(queue, "skipped"));
    REQUIRE(push(queue, "read"));
    frame_head head;
    REQUIRE(queue.read_head(head));
    queue.skip(static_cast<std::size_t>(head.length));
    CHECK(pop(queue) == "read");
    CHECK(queue.readable() == 0);
  }

  TEST_CASE("payloads are masked on the way out, in pieces and around the ring's end") {
    frame_queue queue(256);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < 2'000; ++i) {
      const std::string payload = some_text(i, 101);
      REQUIRE(push(queue, payload));
      frame_head head;
      REQUIRE(queue.read_head(head));
      std::vector<std::byte> masked(payload.size());
      const std::size_t split = i % 102;
      queue.read_masked(std::span(masked).first(split), key, 0);
      queue.read_masked(std::span(masked).subspan(split), key, split);
      queue.release(queue.unreleased());
      for (std::size_t at = 0; at < masked.size(); ++at) {
        wrong += masked[at] != (wsx::as_bytes(payload)[at] ^ key[at % 4]);
      }
    }
    CHECK(wrong == 0);
  }

  TEST_CASE("a pushed frame has the head and payload that the producer gave, not its length") {
    frame_queue queue(256);
    REQUIRE(queue.try_push({.op = opcode::text, .length = 99}, wsx::as_bytes("abc")));
    frame_head head;
    CHECK(pop(queue, &head) == "abc");
    CHECK(head.length == 3);
  }
}

namespace {

// Two threads: what frame number `i` is like.
constexpr std::size_t frame_count = 1'000'000;
// Yields in a row, after which a frame counts as lost: so a defect can't hang the test.
constexpr std::size_t patience = 20'000'000;

std::size_t size_of_frame(std::size_t i) {
  return i % 1'000 == 0 ? 126 + i / 1'000 : i * 7 % 41;
}

std::byte byte_of_frame(std::size_t i, std::size_t at) {
  return static_cast<std::byte>(i * 3 + at);
}

frame_head head_of_frame(std::size_t i) {
  return {i % 2 == 0 ? opcode::text : opcode::binary, i % 3 == 0, i % 5 == 0, size_of_frame(i)};
}

template <class Attempt>
bool succeeds_in_time(Attempt attempt) {
  for (std::size_t tries = 0; tries < patience; ++tries) {
    if (attempt()) return true;
    std::this_thread::yield();
  }
  return false;
}

/// Pushes all frames, or until the reader has left; returns how many.
std::size_t push_all(frame_queue& queue, const std::atomic<bool>& reader_left) {
  std::vector<std::byte> payload;
  for (std::size_t i = 0; i < frame_count; ++i) {
    payload.resize(size_of_frame(i));
    for (std::size_t at = 0; at < payload.size(); ++at) payload[at] = byte_of_frame(i, at);
    while (!queue.try_push(head_of_frame(i), payload)) {
      if (reader_left.load()) return i;
      std::this_thread::yield();
    }
  }
  return frame_count;
}

bool read_frame(frame_queue& queue, std::size_t i) {
  frame_head head;
  if (!succeeds_in_time([&] { return queue.read_head(head); })) return false;
  if (head != head_of_frame(i)) return false;
  std::vector<std::byte> payload(static_cast<std::size_t>(head.length));
  queue.read_masked(payload, key, 0);
  for (std::size_t at = 0; at < payload.size(); ++at) {
    if (payload[at] != (byte_of_frame(i, at) ^ key[at % 4])) return false;
  }
  return true;
}

/// Reads all frames, some of them twice, and frees them one or a few at a time; returns how many
/// were as expected before the first that wasn't.
std::size_t read_all(frame_queue& queue) {
  for (std::size_t i = 0; i < frame_count; ++i) {
    if (!read_frame(queue, i)) return i;
    if (i % 97 == 0) {  // as if the connection broke with this frame and those not yet freed
      std::size_t again = i / 4 * 4;
      for (queue.rewind(); again <= i; ++again) {
        if (!read_frame(queue, again)) return again;
      }
    }
    if (i % 4 == 3) queue.release(queue.unreleased());
  }
  queue.release(queue.unreleased());
  return frame_count;
}

}  // namespace

TEST_CASE("frame_queue: a million frames from one thread to another") {
  frame_queue queue(8192);
  std::atomic<bool> reader_left{false};
  std::size_t pushed = 0;
  std::thread producer([&] { pushed = push_all(queue, reader_left); });
  const std::size_t as_expected = read_all(queue);
  reader_left = true;
  producer.join();
  CHECK(pushed == frame_count);
  CHECK(as_expected == frame_count);
  CHECK(queue.readable() == 0);
}
