#include "outbox_fixture.hpp"

#include <wsx/protocol/outgoing_batch.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

using namespace outbox_test;
using wsx::memory::byte_buffer;

namespace {

byte_buffer encoded(const frame_head& head, std::string_view payload) {
  byte_buffer bytes;
  const auto target = bytes.prepare(static_cast<std::size_t>(frame_size(payload.size())));
  bytes.commit(encode_frame(target.data(), head, as_bytes(payload), mask_key{}));
  return bytes;
}

/// A batch that is made frame by frame, each of a size of ten bytes.
struct made {
  outgoing_batch batch;
  frame_source source{4096};

  static constexpr std::size_t each = 10;

  void put(const frame_head& head, std::string_view payload = "1234") {
    auto frame = encoded(head, payload);
    batch.take(frame, 1);
  }
  void put_queued(const frame_head& head, std::string_view payload = "1234") {
    REQUIRE(source.queue.try_push(head, as_bytes(payload)));
    frame_queue::frame next;
    REQUIRE(source.queue.peek(next));
    source.queue.skip(next.bytes.size());
    const auto begin = batch.size();
    batch.buffer().append(next.bytes);
    batch.count_put(1);
    batch.note({&source, begin, batch.size(), next.bytes.size(), true});
    batch.note_message(&source, head);
  }
  void end_control() {
    auto& parts = batch.parts();
    parts.control_end = parts.staged_begin = parts.staged_end = batch.end();
  }
  void begin_staged() { batch.parts().staged_begin = batch.end(); }
  void end_staged() { batch.parts().staged_end = batch.end(); }

  std::size_t cut_at(std::size_t committed = 0) const {
    return batch.first_cut(committed).position;
  }
};

}  // namespace

TEST_SUITE("protocol/outgoing_batch") {
  TEST_CASE("takes the memory of the first frames, and copies those behind them") {
    outgoing_batch batch;
    auto one = encoded(whole, "one");
    auto two = encoded(whole, "two");
    const auto* const memory = one.data();
    batch.take(one, 1);
    CHECK(batch.left().data() == memory);
    CHECK(one.empty());
    batch.take(two, 1);
    CHECK(decode(as_chars(batch.left())) == frames{text("one"), text("two")});
    CHECK(batch.frames() == 2);
    CHECK(batch.room() == outgoing_batch::usual_size - batch.size());
  }

  TEST_CASE(
      "its frames can be read: all but the one that it begins within, as far as it has them") {
    made m;
    auto rest = encoded(whole, "the end of one");
    m.batch.buffer().append(rest.view().last(5));
    m.batch.parts().whole_frames = m.batch.end();
    m.put_queued({.op = opcode::text, .fin = false}, "masked");
    auto cut = encoded({.op = opcode::continuation}, "all of it");
    m.batch.buffer().append(cut.view().first(cut.size() - 6));

    outgoing_batch::wire_frame frame;
    std::size_t at = m.batch.read_frame(m.batch.first_frame(), frame);
    CHECK(frame.head.op == opcode::text);
    CHECK(!frame.head.fin);
    std::string payload(frame.masked.size(), ' ');
    mask_copy(reinterpret_cast<std::byte*>(payload.data()), frame.masked, frame.key);
    CHECK(payload == "masked");
    at = m.batch.read_frame(at, frame);
    CHECK(frame.head.op == opcode::continuation);
    CHECK(frame.head.length == 9);
    CHECK(as_chars(frame.masked) == "all");
    CHECK(at == m.batch.size());
  }

  TEST_CASE("has no room when it lies in a queue, or has more than its usual size") {
    outgoing_batch batch;
    CHECK(batch.room() == outgoing_batch::usual_size);
    auto frame = encoded(whole, "in a queue");
    batch.set_in_place(frame.view());
    CHECK(batch.room() == 0);
    CHECK(batch.left().data() == frame.data());
    batch.clear();
    auto large = encoded(whole, std::string(outgoing_batch::usual_size, 'x'));
    batch.take(large, 1);
    CHECK(batch.room() == 0);
  }

  TEST_CASE("frees the frames of a queue that were written whole, and no others") {
    for (std::size_t written = 0; written <= 3 * made::each; ++written) {
      CAPTURE(written);
      made m;
      for (int i = 0; i < 3; ++i) m.put_queued(whole);
      CHECK(m.batch.wrote(written) == (written == m.batch.size()));
      CHECK(m.batch.left().size() == 3 * made::each - written);
      m.batch.free_written();
      CHECK(m.source.written == written / made::each * made::each);
    }
  }

  TEST_CASE("remembers whose message is unfinished, control frames aside") {
    made m;
    m.put_queued(first);
    CHECK(m.batch.message_of() == &m.source);
    m.put_queued({.op = opcode::ping});
    CHECK(m.batch.message_of() == &m.source);
    m.batch.clear();
    CHECK(m.batch.message_of() == &m.source);
    m.put_queued(last);
    CHECK(m.batch.message_of() == nullptr);
  }

  TEST_CASE("is cut behind the frame that is being written, or has to be") {
    made m;
    for (int i = 0; i < 5; ++i) m.put_queued(whole);
    CHECK(m.cut_at() == 0);
    CHECK(m.cut_at(1) == made::each);
    CHECK(m.cut_at(made::each) == made::each);
    m.batch.wrote(made::each + 1);
    CHECK(m.cut_at() == 2 * made::each);
    CHECK(m.cut_at(made::each) == 3 * made::each);
    CHECK(m.cut_at(1000) == 5 * made::each);
  }

  TEST_CASE("is cut behind the rest of a frame that it begins with") {
    made m;
    m.batch.buffer().append(as_bytes("the rest"));
    m.batch.parts().whole_frames = m.batch.end();
    m.put_queued(whole);
    CHECK(m.cut_at() == 8);
  }

  TEST_CASE("is cut behind control and staged frames") {
    made m;
    m.put({.op = opcode::pong});
    m.end_control();
    m.begin_staged();
    m.put(whole);
    m.put(whole);
    m.end_staged();
    m.put_queued(whole);
    CHECK(m.cut_at() == 3 * made::each);
    CHECK_FALSE(m.batch.first_cut(0).within_message);
  }

  TEST_CASE("but before staged frames, if a producer's message is unfinished there") {
    made m;
    m.put({.op = opcode::pong});
    m.end_control();
    m.put_queued(middle);
    m.batch.parts().within_message = true;
    m.put_queued(last);
    m.begin_staged();
    m.put(whole);
    m.end_staged();
    CHECK(m.cut_at() == made::each);
    CHECK(m.batch.first_cut(0).within_message);
    m.batch.wrote(made::each + 1);
    CHECK(m.cut_at() == 2 * made::each);
    CHECK(m.batch.first_cut(0).within_message);
    m.batch.wrote(made::each);
    CHECK(m.cut_at() == 4 * made::each);
    CHECK_FALSE(m.batch.first_cut(0).within_message);
  }

  TEST_CASE("what is behind the cut was never there") {
    made m;
    for (int i = 0; i < 3; ++i) m.put_queued(whole);
    m.put_queued(first);
    m.batch.wrote(made::each + 1);
    m.batch.truncate(m.batch.first_cut(0));
    CHECK(m.batch.size() == 2 * made::each);
    CHECK(m.batch.frames() == 2);
    CHECK(m.batch.message_of() == nullptr);
    m.batch.wrote(made::each - 1);
    m.batch.free_written();
    CHECK(m.source.written == 2 * made::each);
  }

  TEST_CASE("a message that the cut leaves unfinished stays so") {
    for (const bool ended : {false, true}) {
      made m;
      m.put_queued(first);
      m.put_queued(middle);
      if (ended) m.put_queued(last);
      m.batch.wrote(1);
      m.batch.truncate(m.batch.first_cut(0));
      CHECK(m.batch.size() == made::each);
      CHECK(m.batch.message_of() != nullptr);
      CHECK((m.batch.message_of() == &m.source) == !ended);
    }
  }
}
