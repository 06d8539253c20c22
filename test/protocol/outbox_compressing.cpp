#include "outbox_fixture.hpp"

#include <wsx/testing/server_deflate.hpp>

using namespace outgoing;

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

std::string varied(std::size_t size) {
  std::string result;
  for (unsigned i = 0; result.size() < size; ++i) result += std::to_string(i * 7919u);
  result.resize(size);
  return result;
}

}  // namespace

TEST_SUITE("outbox: compressing") {
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

  TEST_CASE("a batch is bounded by what goes in as well as by what comes out") {
    compressing f;
    const auto source = f.add_source(32 << 20);
    push(source, may, std::string(16 << 20, 'x'));
    std::size_t batches = 0;
    for (; !f.box.batch().empty(); ++batches) f.box.wrote(f.box.batch().size());
    CHECK(batches == (16 << 20) / outbox::batch_size);
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

  TEST_CASE("control frames, and a Close in haste, go between the frames of a large message") {
    const std::string payload = varied(2'000'000);
    for (const bool closes : {false, true}) {
      compressing f;
      const auto source = f.add_source(4 << 20);
      push(source, may, payload);
      f.peer.read(as_chars(f.box.batch()));
      f.box.wrote(f.box.batch().size());
      f.box.set_pong(as_bytes("p"));
      if (closes) f.box.set_close({wsx::close_code::normal, ""}, false);
      const auto said = f.peer.read(as_chars(f.box.batch()));
      f.box.wrote(f.box.batch().size());
      if (closes) {
        CHECK(said == frames{"pong \"p\"", "close 1000 \"\""});
        CHECK(f.read().empty());
        CHECK(f.box.close_written());
      } else {
        CHECK(said == frames{"pong \"p\""});
        CHECK(f.read() == frames{"~" + payload});
        check_empty(source);
      }
    }
  }

  TEST_CASE("Close goes as it is") {
    compressing f;
    CHECK(f.stage(may, "a"));
    f.box.set_close({wsx::close_code::normal, "bye"}, true);
    CHECK(f.read() == frames{"~a", "close 1000 \"bye\""});
    CHECK(f.box.close_written());
  }
}
