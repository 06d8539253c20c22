#include <wsx/protocol/frame_queue.hpp>
#include <wsx/testing/client_frame.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace wsx::protocol;
using wsx::opcode;
using wsx::testing::client_frame;

namespace {

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();
constexpr frame_head text_head{.op = opcode::text};

bool push(frame_queue& queue, std::string_view payload, const frame_head& head = text_head) {
  return queue.try_push(head, wsx::as_bytes(payload));
}

client_frame decode(wsx::bytes_view bytes) {
  std::string_view left = wsx::as_chars(bytes);
  auto frame = wsx::testing::decode_client_frame(left);
  REQUIRE(frame);
  CHECK(left.empty());
  return *frame;
}

/// Takes the next frame, without freeing it.
std::optional<client_frame> take(frame_queue& queue) {
  frame_queue::frame next;
  if (!queue.peek(next)) return std::nullopt;
  queue.skip(next.bytes.size());
  return decode(next.bytes);
}

std::optional<std::string> read(frame_queue& queue) {
  const auto frame = take(queue);
  return frame ? std::optional(frame->payload) : std::nullopt;
}

std::optional<std::string> pop(frame_queue& queue) {
  const auto payload = read(queue);
  queue.release(queue.unreleased());
  return payload;
}

/// The masking keys of the next frames, which are pushed and taken.
template <std::size_t Count>
std::array<wsx::testing::mask_key, Count> push_and_look(frame_queue& queue) {
  std::array<wsx::testing::mask_key, Count> keys{};
  for (auto& key : keys) {
    queue.try_push(text_head, wsx::as_bytes("x"));
    frame_queue::frame next;
    queue.peek(next);
    std::memcpy(key.data(), next.bytes.data() + 2, key.size());
    queue.skip(next.bytes.size());
    queue.release(next.bytes.size());
  }
  return keys;
}

std::string some_text(std::size_t seed, std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(seed * 31 + i * 7);
  return text;
}

/// The payloads of a run's frames.
std::vector<std::string> payloads_of(const frame_queue::run& run) {
  std::vector<std::string> all;
  std::string_view left = wsx::as_chars(run.bytes);
  while (const auto frame = wsx::testing::decode_client_frame(left)) all.push_back(frame->payload);
  CHECK(left.empty());
  CHECK(all.size() == run.frames);
  return all;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_SUITE("protocol/frame_queue") {
  TEST_CASE("the capacity is a power of two, at least 256") {
    CHECK(frame_queue(0).capacity() == 256);
    CHECK(frame_queue(256).capacity() == 256);
    CHECK(frame_queue(257).capacity() == 512);
    CHECK(frame_queue(1 << 20).capacity() == 1 << 20);
    CHECK(frame_queue(everything).capacity() == everything / 4 + 1);
  }

  TEST_CASE("an empty queue has nothing to read") {
    frame_queue queue(256);
    mask_key_source keys;
    frame_queue::frame next;
    CHECK(queue.readable() == 0);
    CHECK_FALSE(queue.peek(next));
    CHECK(queue.take_messages(everything).frames == 0);
    queue.rewind(keys);
    queue.skip(0);
    queue.release(0);
    CHECK(queue.readable() == 0);
    CHECK(queue.unreleased() == 0);
    CHECK(queue.whole_frames(0) == 0);
  }

  TEST_CASE("a frame that is only looked at is still to be read") {
    frame_queue queue(256);
    frame_queue::frame next;
    REQUIRE(push(queue, "hello"));
    for (int i = 0; i < 2; ++i) {
      REQUIRE(queue.peek(next));
      CHECK(next.head == frame_head{.op = opcode::text, .length = 5});
      CHECK(next.bytes.size() == 6 + 5);
      CHECK(next.payload().size() == 5);
      CHECK(queue.unreleased() == 0);
    }
    CHECK(pop(queue) == "hello");
    CHECK_FALSE(queue.peek(next));
  }

  TEST_CASE("masked frames are as they go to the wire: no RSV1, and a key of their own") {
    frame_queue queue(4096);
    CHECK(queue.masked());
    REQUIRE(push(queue, "hello", {.op = opcode::text, .fin = false, .rsv1 = true}));
    REQUIRE(push(queue, "hello", {.op = opcode::continuation}));
    const auto first = take(queue);
    const auto second = take(queue);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->rsv == 0);
    CHECK(first->payload == "hello");
    CHECK_FALSE(first->fin);
    CHECK(second->payload == "hello");
    CHECK(first->mask != second->mask);
    CHECK(first->mask != wsx::testing::mask_key{});
  }

  TEST_CASE("unmasked frames have their payload in the clear, and keep their RSV1") {
    frame_queue queue(4096, payloads::unmasked);
    CHECK_FALSE(queue.masked());
    REQUIRE(push(queue, "hello", {.op = opcode::text, .rsv1 = true}));
    frame_queue::frame next;
    REQUIRE(queue.peek(next));
    CHECK(next.head == frame_head{.op = opcode::text, .rsv1 = true, .length = 5});
    CHECK(wsx::as_chars(next.payload()) == "hello");
  }

  TEST_CASE("frames come out in order, with their heads") {
    auto form = payloads::masked;
    SUBCASE("masked") {}
    SUBCASE("unmasked") {
      form = payloads::unmasked;
    }
    frame_queue queue(4096, form);
    const std::vector<frame_head> heads{{opcode::text, false, false, 5},
                                        {opcode::continuation, true, false, 0},
                                        {opcode::binary, true, false, 126},
                                        {opcode::ping, true, false, 125}};
    for (const frame_head& head : heads)
      REQUIRE(push(queue, some_text(1, static_cast<std::size_t>(head.length)), head));
    CHECK(queue.readable() == 6 + 5 + 6 + 0 + 8 + 126 + 6 + 125);
    for (const frame_head& head : heads) {
      frame_queue::frame next;
      REQUIRE(queue.peek(next));
      CHECK(next.head == head);
      CHECK(pop(queue) == some_text(1, static_cast<std::size_t>(head.length)));
    }
    CHECK_FALSE(pop(queue));
    CHECK(queue.readable() == 0);
  }

  TEST_CASE("a frame that crosses the ring's end, at any byte, lies in one piece") {
    frame_queue queue(256);
    for (std::size_t i = 0; i < 20'000; ++i) {
      const std::string payload = some_text(i, i % 240);
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

  TEST_CASE("messages are taken in runs, each in one piece, around the ring's end") {
    frame_queue queue(256);
    std::size_t pushed = 0;
    std::size_t taken = 0;
    std::size_t in_runs_of_several = 0;
    while (taken < 5'000) {
      while (push(queue, some_text(pushed, pushed % 61))) ++pushed;
      const auto run = queue.take_messages(everything);
      REQUIRE(run.frames > 0);
      if (run.frames > 1) in_runs_of_several += run.frames;
      for (const auto& payload : payloads_of(run)) {
        REQUIRE(payload == some_text(taken, taken % 61));
        ++taken;
      }
      queue.release(run.bytes.size());
    }
    CHECK(in_runs_of_several > 4'000);
  }

  TEST_CASE("a run has as many messages as fit, to the byte") {
    frame_queue queue(4096);
    for (const auto* payload : {"a", "bb", "ccc"}) REQUIRE(push(queue, payload));
    CHECK(queue.take_messages(6).frames == 0);
    CHECK(payloads_of(queue.take_messages(7 + 7)) == strings{"a"});
    CHECK(payloads_of(queue.take_messages(8 + 9)) == strings{"bb", "ccc"});
    CHECK(queue.take_messages(everything).frames == 0);
    CHECK(queue.unreleased() == 7 + 8 + 9);
  }

  TEST_CASE("a run ends before a message in fragments; control frames are part of it") {
    frame_queue queue(4096);
    REQUIRE(push(queue, "whole"));
    REQUIRE(push(queue, "ping", {.op = opcode::ping}));
    REQUIRE(push(queue, "first", {.op = opcode::text, .fin = false}));
    REQUIRE(push(queue, "last", {.op = opcode::continuation}));
    REQUIRE(push(queue, "whole again"));
    CHECK(payloads_of(queue.take_messages(everything)) == strings{"whole", "ping"});
    CHECK(queue.take_messages(everything).frames == 0);
    CHECK(read(queue) == "first");
    CHECK(queue.take_messages(everything).frames == 0);
    CHECK(read(queue) == "last");
    CHECK(payloads_of(queue.take_messages(everything)) == strings{"whole again"});
  }

  TEST_CASE("a full queue refuses a frame whole, and takes it once there is room") {
    frame_queue queue(256);
    REQUIRE(push(queue, std::string(94, 'a')));      // 100 bytes as a frame
    REQUIRE(push(queue, std::string(94, 'b')));      // 200
    CHECK_FALSE(push(queue, std::string(51, 'c')));  // would be 257
    CHECK(queue.readable() == 200);
    CHECK(push(queue, std::string(50, 'c')));  // 256
    CHECK_FALSE(push(queue, ""));

    CHECK(read(queue) == std::string(94, 'a'));
    CHECK_FALSE(push(queue, ""));  // read is not yet freed
    queue.release(100);
    CHECK(push(queue, std::string(94, 'd')));
    CHECK_FALSE(push(queue, ""));

    CHECK(pop(queue) == std::string(94, 'b'));
    CHECK(pop(queue) == std::string(50, 'c'));
    CHECK(pop(queue) == std::string(94, 'd'));
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
      CHECK(push(queue, "shift"));  // so the next round crosses elsewhere
      CHECK(pop(queue) == "shift");
    }
  }

  TEST_CASE("can_ever_hold does not overflow") {
    const frame_queue queue(256);
    for (std::size_t less = 0; less < 32; ++less)
      CHECK_FALSE(queue.can_ever_hold(everything - less));
    CHECK(queue.can_ever_hold(0));
    constexpr std::size_t most = everything / 4 + 1;
    CHECK_FALSE(frame_queue(everything).can_ever_hold(most - 13));
    CHECK(frame_queue(everything).can_ever_hold(most - 14));
  }

  TEST_CASE("rewind makes what was read be read again, each frame with a fresh key") {
    frame_queue queue(4096);
    mask_key_source keys;
    const std::string long_text = some_text(1, 1000);
    REQUIRE(push(queue, long_text));
    REQUIRE(push(queue, "second"));
    REQUIRE(push(queue, "third"));
    const auto first = take(queue);
    const auto second = take(queue);
    CHECK(queue.unreleased() == 8 + 1000 + 12);

    queue.rewind(keys);
    CHECK(queue.unreleased() == 0);
    CHECK(queue.readable() == 8 + 1000 + 12 + 11);
    const auto first_again = take(queue);
    CHECK(first_again->payload == long_text);
    CHECK(first_again->mask != first->mask);
    const auto second_again = take(queue);
    CHECK(second_again->payload == "second");
    CHECK(second_again->mask != second->mask);
    CHECK(take(queue)->payload == "third");
    CHECK_FALSE(take(queue));
  }

  TEST_CASE("rewind gives fresh keys to frames behind the ring's end, too") {
    frame_queue queue(256);
    mask_key_source keys;
    std::set<wsx::testing::mask_key> seen;
    for (int round = 0; round < 40; ++round) {
      for (int i = 0; i < 5; ++i) REQUIRE(push(queue, std::to_string(round) + "......"));
      for (int i = 0; i < 5; ++i) seen.insert(take(queue)->mask);
      queue.rewind(keys);
      for (int i = 0; i < 5; ++i) {
        const auto frame = take(queue);
        CHECK(frame->payload == std::to_string(round) + "......");
        seen.insert(frame->mask);
      }
      queue.release(queue.unreleased());
    }
    CHECK(seen.size() == 400);
  }

  TEST_CASE("frames ahead of the cursor can be looked at") {
    frame_queue queue(256);
    REQUIRE(push(queue, "one"));
    REQUIRE(push(queue, "second"));
    frame_queue::frame frame;
    REQUIRE(queue.peek(frame, 9));
    CHECK(frame.head.length == 6);
    CHECK_FALSE(queue.peek(frame, 9 + 12));
    REQUIRE(queue.peek(frame));
    CHECK(frame.head.length == 3);
  }

  TEST_CASE("what was queued before a position") {
    frame_queue queue(256);
    REQUIRE(push(queue, "one"));
    const auto position = queue.pushed();
    REQUIRE(push(queue, "second"));
    CHECK(queue.readable_before(position) == 9);
    CHECK(queue.readable_before(queue.pushed()) == queue.readable());
    queue.skip(9);
    CHECK(queue.readable_before(position) == 0);
    queue.skip(12);
    CHECK(queue.readable_before(position) == 0);
  }

  TEST_CASE("rewind leaves unmasked frames as they are") {
    frame_queue queue(256, payloads::unmasked);
    mask_key_source keys;
    REQUIRE(push(queue, "hello"));
    CHECK(read(queue) == "hello");
    queue.rewind(keys);
    frame_queue::frame next;
    REQUIRE(queue.peek(next));
    CHECK(wsx::as_chars(next.payload()) == "hello");
  }

  TEST_CASE("release frees the first of several frames read; rewind goes back to the next") {
    frame_queue queue(256);
    mask_key_source keys;
    REQUIRE(push(queue, std::string(94, 'a')));
    REQUIRE(push(queue, std::string(144, 'b')));  // 100 + 152: full but for 4 bytes
    CHECK(read(queue) == std::string(94, 'a'));
    CHECK(read(queue) == std::string(144, 'b'));
    CHECK(queue.unreleased() == 252);
    CHECK_FALSE(push(queue, std::string(94, 'c')));

    queue.release(100);
    CHECK(queue.unreleased() == 152);
    CHECK(push(queue, std::string(94, 'c')));
    CHECK_FALSE(push(queue, ""));
    queue.rewind(keys);
    CHECK(read(queue) == std::string(144, 'b'));
    CHECK(read(queue) == std::string(94, 'c'));
  }

  TEST_CASE("which frames are whole among the first bytes, around the ring's end") {
    frame_queue queue(256);
    for (std::size_t shift = 0; shift < 300; ++shift) {
      for (const auto* payload : {"a", "bb", "ccc"}) REQUIRE(push(queue, payload));
      queue.skip(queue.readable());
      for (std::size_t count = 0; count <= 7 + 8 + 9; ++count) {
        const std::size_t whole = count < 7 ? 0 : count < 15 ? 7 : count < 24 ? 15 : 24;
        REQUIRE(queue.whole_frames(count) == whole);
      }
      queue.release(queue.unreleased());
      REQUIRE(push(queue, ""));
      REQUIRE(pop(queue) == "");
    }
  }

  TEST_CASE("skip passes a frame without reading it") {
    frame_queue queue(256);
    REQUIRE(push(queue, "skipped"));
    REQUIRE(push(queue, "read"));
    queue.skip(6 + 7);
    CHECK(pop(queue) == "read");
    CHECK(queue.readable() == 0);
  }

  TEST_CASE("a pushed frame has the head and payload that the producer gave, not its length") {
    frame_queue queue(256);
    REQUIRE(push(queue, "abc", {.op = opcode::text, .length = 99}));
    frame_queue::frame next;
    REQUIRE(queue.peek(next));
    CHECK(next.head.length == 3);
    CHECK(pop(queue) == "abc");
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
  return {i % 2 == 0 ? opcode::text : opcode::binary, i % 3 == 0, false, size_of_frame(i)};
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
  frame_queue::frame next;
  if (!succeeds_in_time([&] { return queue.peek(next); })) return false;
  queue.skip(next.bytes.size());
  if (next.head != head_of_frame(i)) return false;
  std::vector<std::byte> payload(next.payload().size());
  mask_key key;
  std::copy_n(next.payload().data() - key.size(), key.size(), key.begin());
  mask_copy(payload.data(), next.payload(), key);
  for (std::size_t at = 0; at < payload.size(); ++at) {
    if (payload[at] != byte_of_frame(i, at)) return false;
  }
  return true;
}

/// Reads all frames, some of them twice, and frees them one or a few at a time; returns how many
/// were as expected before the first that wasn't.
std::size_t read_all(frame_queue& queue) {
  mask_key_source keys;
  for (std::size_t i = 0; i < frame_count; ++i) {
    if (!read_frame(queue, i)) return i;
    if (i % 97 == 0) {  // as if the connection broke with this frame and those not yet freed
      std::size_t again = i / 4 * 4;
      for (queue.rewind(keys); again <= i; ++again) {
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

TEST_CASE("frame_queue: a forked process masks with keys of its own (RFC 6455 5.3)") {
  frame_queue queue(4096);
  (void)push_and_look<3>(queue);  // so that the queue has keys at hand
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto keys = push_and_look<40>(queue);
    _exit(write(ends[1], keys.data(), sizeof keys) == sizeof keys ? 0 : 1);
  }
  const auto of_parent = push_and_look<40>(queue);
  auto of_child = of_parent;
  CHECK(read(ends[0], of_child.data(), sizeof of_child) == sizeof of_child);
  CHECK(waitpid(child, nullptr, 0) == child);
  close(ends[0]);
  close(ends[1]);
  std::set<wsx::testing::mask_key> all(of_child.begin(), of_child.end());
  all.insert(of_parent.begin(), of_parent.end());
  CHECK(all.size() == of_child.size() + of_parent.size());
}
