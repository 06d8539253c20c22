#include <wsx/protocol/frame_deflater.hpp>
#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace wsx::protocol;
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
  byte_buffer out;
  with.write(head, as_bytes(part), first, last, mask_key{}, out);
  std::string_view bytes = wsx::as_chars(out.view());
  const auto frame = wsx::testing::decode_client_frame(bytes);
  REQUIRE(frame);
  CHECK(bytes.empty());
  return *frame;
}

}  // namespace

TEST_SUITE("frame_deflater") {
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

  TEST_CASE("RFC 7692 6.1: RSV1 on the first frame of a message only") {
    frame_deflater with({});
    wsx::testing::server_inflater server;
    const auto one = written(with, may_be, "one, ", true, false);
    CHECK(one.opcode == 1);
    CHECK(one.rsv == 4);
    CHECK_FALSE(one.fin);
    const auto two = written(with, may_be, "two, ", false, false);
    CHECK(two.opcode == 0);
    CHECK(two.rsv == 0);
    CHECK_FALSE(two.fin);
    const auto three = written(with, may_be, "three", false, true);
    CHECK(three.opcode == 0);
    CHECK(three.rsv == 0);
    CHECK(three.fin);
    CHECK(server.message(one.payload + two.payload + three.payload) == "one, two, three");
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
    const auto one = written(with, may_be, text, true, false).payload;
    for (int i = 0; i < 3; ++i) with.release_memory();
    const auto two = written(with, may_be, text, false, true).payload;
    CHECK(server.message(one + two) == text + text);
    CHECK(two.size() < one.size());
  }
}
