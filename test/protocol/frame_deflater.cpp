#include "../common/noise.hpp"

#include <wsx/protocol/frame_deflater.hpp>
#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace wsx::protocol;
using common_test::noise;
using wsx::as_bytes;
using wsx::opcode;
using wsx::testing::client_frame;

namespace {

constexpr frame_head may_be{.op = opcode::text, .rsv1 = true};

frame_head of_length(frame_head head, std::uint64_t length) {
  head.length = length;
  return head;
}

client_frame written(frame_deflater& with, const frame_head& head, std::string_view part,
                     bool first = true, bool last = true) {
  const auto whole = head.length > 0 ? head : of_length(head, part.size());
  with.compress(whole, as_bytes(part), first, last);
  REQUIRE(with.ready());
  std::string wire(frame_size(with.payload().size()), '\0');
  encode_frame(reinterpret_cast<std::byte*>(wire.data()), with.head(), with.payload(), mask_key{});
  with.next();
  CHECK_FALSE(with.ready());
  std::string_view bytes = wire;
  const auto frame = wsx::testing::decode_client_frame(bytes);
  REQUIRE(frame);
  CHECK(bytes.empty());
  return *frame;
}

// All frames that a message becomes, fed by the part.
std::vector<client_frame> frames_of(frame_deflater& with, std::string_view message) {
  std::vector<client_frame> all;
  const frame_head head = of_length(may_be, message.size());
  for (std::size_t at = 0; at < message.size() || at == 0;) {
    const auto part = message.substr(at, frame_deflater::part_size);
    with.compress(head, as_bytes(part), at == 0, at + part.size() == message.size());
    at += part.size();
    if (with.ready()) {
      client_frame frame;
      frame.opcode = static_cast<std::uint8_t>(with.head().op);
      frame.payload = wsx::as_chars(with.payload());
      frame.fin = with.head().fin;
      frame.rsv = with.head().rsv1 ? wsx::testing::rsv1 : 0;
      all.push_back(std::move(frame));
      CHECK(with.head().length == with.payload().size());
      with.next();
    }
    if (part.empty()) break;
  }
  return all;
}

}  // namespace

TEST_SUITE("protocol/frame_deflater") {
  TEST_CASE("takes messages from the threshold on that may be compressed") {
    frame_deflater with({.threshold = 10});
    CHECK(with.takes(of_length(may_be, 10)));
    CHECK_FALSE(with.takes(of_length(may_be, 9)));
    CHECK_FALSE(with.takes(of_length({.op = opcode::text}, 1000)));
    CHECK_FALSE(with.takes(of_length({.op = opcode::ping, .rsv1 = true}, 100)));
  }

  TEST_CASE("of a message in fragments the first decides for all, whatever its size") {
    frame_deflater with({.threshold = 10});
    const frame_head ping{.op = opcode::ping};
    const frame_head next{.op = opcode::continuation, .fin = false};
    CHECK(with.takes({.op = opcode::binary, .fin = false, .rsv1 = true}));
    CHECK_FALSE(with.takes(ping));
    CHECK(with.takes(next));
    CHECK(with.takes({.op = opcode::continuation}));
    CHECK_FALSE(with.takes({.op = opcode::binary, .fin = false}));
    CHECK_FALSE(with.takes(of_length(next, 100)));
  }

  TEST_CASE("a message whose result fits is one frame, however large it was") {
    for (const auto& message : {noise(1'000'000), std::string(32 << 20, 'x'), noise(100)}) {
      frame_deflater with({});
      const auto frames = frames_of(with, message);
      REQUIRE(frames.size() == 1);
      CHECK(frames[0].opcode == 1);
      CHECK(frames[0].rsv == 4);
      CHECK(frames[0].fin);
      CHECK(wsx::testing::server_inflater().message(frames[0].payload) == message);
    }
  }

  TEST_CASE("RFC 7692 6.1: of several frames the first has RSV1, the last FIN") {
    const std::string message = noise(5'000'000);
    frame_deflater with({});
    const auto frames = frames_of(with, message);
    CHECK(frames.size() == 5);
    std::string payload;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      CHECK(frames[i].opcode == (i == 0 ? 1 : 0));
      CHECK(frames[i].rsv == (i == 0 ? 4 : 0));
      CHECK(frames[i].fin == (i + 1 == frames.size()));
      CHECK(frames[i].payload.size() <= frame_deflater::max_frame + 2 * frame_deflater::part_size);
      payload += frames[i].payload;
    }
    CHECK(wsx::testing::server_inflater().message(payload) == message);
  }

  TEST_CASE("fragments: each a frame, the last with FIN") {
    frame_deflater with({});
    wsx::testing::server_inflater server;
    const auto one = written(with, {.op = opcode::binary, .fin = false, .rsv1 = true}, "one");
    CHECK(one.opcode == 2);
    CHECK(one.rsv == 4);
    CHECK_FALSE(one.fin);
    const auto two = written(with, {.op = opcode::continuation}, "");
    CHECK(two.opcode == 0);
    CHECK(two.rsv == 0);
    CHECK(two.fin);
    CHECK(server.message(one.payload + two.payload) == "one");
  }

  TEST_CASE("idle from one release to the next, it forgets what it has sent, if it is to") {
    for (const bool release : {true, false}) {
      frame_deflater with({.release_when_idle = release});
      const auto first = written(with, may_be, "Hello").payload;
      with.release_memory();
      CHECK(written(with, may_be, "Hello").payload != first);
      with.release_memory();
      with.release_memory();
      CHECK((written(with, may_be, "Hello").payload == first) == release);
    }
  }

  TEST_CASE("never within a message") {
    frame_deflater with({.release_when_idle = true});
    wsx::testing::server_inflater server;
    const std::string text(100, 'x');
    const auto one = written(with, {.op = opcode::text, .fin = false, .rsv1 = true}, text).payload;
    for (int i = 0; i < 3; ++i) with.release_memory();
    const auto two = written(with, {.op = opcode::continuation}, text).payload;
    CHECK(server.message(one + two) == text + text);
    CHECK(two.size() < one.size());
  }
}
