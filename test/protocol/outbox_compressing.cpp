#include "../common/noise.hpp"
#include "outbox_fixture.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <chrono>

using namespace outbox_test;
using common_test::noise;

// An outbox that compresses what it sends. Uses the raw frames, and a server that inflates them.

namespace {

constexpr frame_head may{.op = opcode::text, .rsv1 = true};
constexpr frame_head may_begin{.op = opcode::text, .fin = false, .rsv1 = true};

// What a server makes of the bytes: one word a message, with "~" before those that came compressed.
class server {
 public:
  frames read(std::string_view written) {
    frames words;
    while (const auto frame = wsx::testing::decode_client_frame(written)) {
      if (frame->opcode >= 8) {
        words.push_back(describe(*frame));
        continue;
      }
      if (frame->opcode != 0) compressed_ = frame->rsv == wsx::testing::rsv1;
      if (frame->opcode == 0) CHECK(frame->rsv == 0);
      message_ += frame->payload;
      if (!frame->fin) continue;
      words.push_back(compressed_ ? "~" + inflater_.message(message_) : message_);
      message_.clear();
    }
    CHECK(written.empty());
    return words;
  }

 private:
  wsx::testing::server_inflater inflater_;
  std::string message_;
  bool compressed_ = false;
};

struct compressing : fixture {
  explicit compressing(std::size_t threshold = 0) : fixture() {
    box.compress({.threshold = threshold});
  }
  source_ptr add_source(std::size_t queue_size = 1 << 20) {
    return fixture::add_source(queue_size, payloads::unmasked);
  }
  server peer;
  frames read(std::size_t at_once = everything) { return peer.read(write(everything, at_once)); }
};

// Takes the whole frames off the front.
std::string whole_frames(std::string& written) {
  std::string_view left = written;
  while (wsx::testing::decode_client_frame(left)) {}
  std::string whole = written.substr(0, written.size() - left.size());
  written = left;
  return whole;
}

std::string varied(std::size_t size) {
  std::string result;
  for (unsigned i = 0; result.size() < size; ++i) result += std::to_string(i * 7919u);
  result.resize(size);
  return result;
}

}  // namespace

TEST_SUITE("protocol/outbox_compressing") {
  TEST_CASE("queued, staged and waiting frames, in the order of the wire") {
    for (const std::size_t at_once : {std::size_t{1}, std::size_t{7}, everything}) {
      compressing f;
      const auto one = f.add_source();
      const auto other = f.add_source();
      for (int round = 0; round < 3; ++round) {
        push(one, may, "one");
        push(other, may, "other");
        wait_behind(other, may, "waiting");
        CHECK(f.stage(may, "staged"));
        f.box.set_ping(as_bytes("p"));
        auto said = f.read(at_once);
        std::ranges::sort(said);
        CHECK(said == frames{"ping \"p\"", "~one", "~other", "~staged", "~waiting"});
        check_empty(one);
        check_empty(other);
      }
    }
  }

  TEST_CASE("what may not be compressed, or is too small, goes as it is between the others") {
    compressing f(4);
    const auto source = f.add_source();
    for (const auto& head : {may, whole, may}) {
      push(source, head, "large");
      push(source, head, "s");
      CHECK(f.stage(head, "large"));
      CHECK(f.stage(head, "s"));
    }
    CHECK(f.read() == frames{"~large", "s", "large", "s", "~large", "s",  //
                             "~large", "s", "large", "s", "~large", "s"});
    check_empty(source);
  }

  TEST_CASE("fragments, with another's message after them") {
    compressing f(100);
    const auto one = f.add_source();
    const auto other = f.add_source();
    push(one, may_begin, "a");
    CHECK(f.read().empty());
    push(other, may, "other");
    push(one, middle, "b");
    push(one, last, "");
    CHECK(f.read() == frames{"~ab", "other"});
    check_empty(one);
    check_empty(other);
  }

  TEST_CASE("messages larger than a batch, from the queue and behind it") {
    for (const auto& payload : {std::string(2'000'000, 'x'), varied(2'000'000)}) {
      compressing f;
      const auto source = f.add_source(4 << 20);
      push(source, may, payload);
      wait_behind(source, may, payload);
      CHECK(f.stage(may, payload));
      CHECK(f.read(100'000) == frames{"~" + payload, "~" + payload, "~" + payload});
      check_empty(source);
    }
  }

  TEST_CASE("a turn is bounded by what goes in, and the result is one frame") {
    compressing f;
    const auto source = f.add_source(32 << 20);
    const std::string payload(16 << 20, 'x');
    push(source, may, payload);
    std::size_t turns = 1;
    while (f.box.batch().empty() && f.box.compressing()) ++turns;
    CHECK(turns == (16 << 20) / outbox::batch_size);
    auto wire = as_chars(f.box.batch());
    const auto frame = wsx::testing::decode_client_frame(wire);
    REQUIRE(frame);
    CHECK(frame->fin);
    CHECK(frame->rsv == wsx::testing::rsv1);
    CHECK(wire.empty());
    f.box.wrote(f.box.batch().size());
    CHECK_FALSE(f.box.compressing());
    check_empty(source);
  }

  TEST_CASE("a queue that wraps around") {
    compressing f;
    const auto source = f.add_source(4096);
    for (int i = 0; i < 50; ++i) {
      const std::string payload = varied(500 + static_cast<std::size_t>(i));
      push(source, may, payload);
      push(source, whole, payload);
      CHECK(f.read() == frames{"~" + payload, payload});
    }
  }

  TEST_CASE("a frame that a broken connection cut goes out again whole, with a fresh window") {
    const std::string payload = varied(300'000);
    compressing all;
    const auto unbroken = all.add_source();
    push(unbroken, may, payload);
    const std::size_t size = all.write().size();
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{10'000}, size - 1}) {
      CAPTURE(cut);
      compressing f;
      const auto source = f.add_source();
      push(source, may, payload);
      push(source, may, "after");
      f.write(cut, 1000);
      f.box.reset(false);
      f.box.compress({});
      f.peer = server();
      CHECK(f.read() == frames{"~" + payload, "~after"});
      check_empty(source);
    }
  }

  TEST_CASE("and uncompressed, if the next connection does not compress") {
    compressing f;
    const auto source = f.add_source();
    push(source, may, "hello");
    f.write(3, 1);
    f.box.reset(false);
    CHECK(f.read() == frames{"hello"});
    CHECK(f.stage(may, "staged"));
    CHECK(f.read() == frames{"staged"});
    check_empty(source);
  }

  TEST_CASE("what has been written whole is freed, and no more") {
    compressing f;
    const auto source = f.add_source();
    push(source, may, "one");
    push(source, may, "two");
    const auto batch = as_chars(f.box.batch());
    auto rest = batch;
    REQUIRE(wsx::testing::decode_client_frame(rest));
    f.box.wrote(batch.size() - rest.size());
    f.box.reset(false);
    f.box.compress({});
    f.peer = server();
    CHECK(f.read() == frames{"~two"});
  }

  TEST_CASE("control frames wait for the end of a message that was divided here") {
    const std::string payload = noise(3'000'000);
    compressing f;
    const auto source = f.add_source(4 << 20);
    push(source, may, payload);
    std::string written = f.write(1'200'000, 50'000);
    CHECK(f.box.within_divided_message());
    f.box.add_pong(as_bytes("p"));
    f.box.set_ping(as_bytes("q"));
    written += f.write();
    CHECK_FALSE(f.box.within_divided_message());
    CHECK(f.peer.read(written) == frames{"~" + payload, "pong \"p\"", "ping \"q\""});
  }

  TEST_CASE("but not longer than they are told to") {
    using clock = outbox::clock;
    const std::string payload = noise(5'000'000);
    compressing f;
    const auto source = f.add_source(16 << 20);
    push(source, may, payload);
    push(source, may, payload);
    std::string written = f.write(1'200'000, 50'000);
    const clock::time_point begun{};
    f.box.bound_divided_message(begun, std::chrono::seconds(5));
    f.box.add_pong(as_bytes("p"));
    written += f.write(1'200'000, 50'000);
    f.box.bound_divided_message(begun + std::chrono::seconds(4), std::chrono::seconds(5));
    written += f.write(1'200'000, 50'000);
    CHECK(f.peer.read(whole_frames(written)) == frames{});
    f.box.bound_divided_message(begun + std::chrono::seconds(5), std::chrono::seconds(5));
    written += f.write(1'200'000, 50'000);
    CHECK(f.peer.read(whole_frames(written)) == frames{"pong \"p\""});
    // The next message has its own time.
    written += f.write(2'500'000, 50'000);
    CHECK(f.peer.read(whole_frames(written)) == frames{"~" + payload});
    f.box.bound_divided_message(begun + std::chrono::seconds(6), std::chrono::seconds(5));
    f.box.add_pong(as_bytes("p"));
    written += f.write();
    CHECK(f.peer.read(written) == frames{"~" + payload, "pong \"p\""});
  }

  TEST_CASE("control frames go before a message that is still being compressed") {
    compressing f;
    const auto source = f.add_source(4 << 20);
    const std::string payload(2'000'000, 'x');
    push(source, may, payload);
    CHECK(f.box.batch().empty());
    REQUIRE(f.box.compressing());
    f.box.add_pong(as_bytes("p"));
    CHECK(f.read() == frames{"pong \"p\"", "~" + payload});
  }

  TEST_CASE("a Close in haste goes between the frames of a divided message") {
    compressing f;
    const auto source = f.add_source(4 << 20);
    push(source, may, noise(3'000'000));
    std::string written = f.write(1'100'000, 50'000);
    CHECK(f.box.within_divided_message());
    f.stage(may, "dropped");
    f.box.add_pong(as_bytes("p"));
    f.box.set_close({wsx::close_code::normal, ""}, close_order::after_replies);
    written += f.write();
    CHECK(f.peer.read(written) == frames{"pong \"p\"", "close 1000 \"\""});
    CHECK(f.box.close_written());
    CHECK(f.box.staged_dropped() == 1);
  }

  TEST_CASE("and before one that is still being compressed, behind replies that refer to nothing") {
    compressing f;
    const auto source = f.add_source(4 << 20);
    CHECK(f.stage(may, "before"));
    CHECK(f.read() == frames{"~before"});
    push(source, may, std::string(2'000'000, 'x'));
    CHECK(f.box.batch().empty());
    REQUIRE(f.box.compressing());
    CHECK(f.stage(may, "xxxx"));
    f.box.set_close({wsx::close_code::normal, ""}, close_order::after_replies);
    CHECK(f.read() == frames{"xxxx", "close 1000 \"\""});
    CHECK(f.box.staged_dropped() == 0);
  }

  TEST_CASE("the rest of a message that is still being compressed keeps replies back") {
    compressing f;
    const auto source = f.add_source(4 << 20);
    push(source, may_begin, "begun");
    std::string written = f.write();
    push(source, last, std::string(2'000'000, 'x'));
    CHECK(f.box.batch().empty());
    REQUIRE(f.box.compressing());
    f.stage(may, "reply");
    f.box.set_close({wsx::close_code::normal, ""}, close_order::after_replies);
    written += f.write();
    CHECK(f.peer.read(written) == frames{"close 1000 \"\""});
    CHECK(f.box.staged_dropped() == 1);
  }

  TEST_CASE("the first fragment of one that is still being compressed does not") {
    compressing f;
    const auto source = f.add_source(4 << 20);
    push(source, may_begin, std::string(2'000'000, 'x'));
    CHECK(f.box.batch().empty());
    REQUIRE(f.box.compressing());
    f.stage(may, "reply");
    f.box.set_close({wsx::close_code::normal, ""}, close_order::after_replies);
    CHECK(f.read() == frames{"reply", "close 1000 \"\""});
    CHECK(f.box.staged_dropped() == 0);
  }

  TEST_CASE("Close goes as it is") {
    compressing f;
    CHECK(f.stage(may, "a"));
    f.box.set_close({wsx::close_code::normal, "bye"}, close_order::after_queues);
    CHECK(f.read() == frames{"~a", "close 1000 \"bye\""});
    CHECK(f.box.close_written());
  }
}
