#include "outbox_fixture.hpp"

#include <wsx/protocol/frame_sources.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace outbox_test;

namespace {

struct queues {
  outgoing_batch batch;
  frame_writer writer{batch};
  frame_sources all{writer};

  source_ptr add(payloads queue_form = form) {
    auto source = std::make_shared<frame_source>(1 << 20, queue_form);
    all.attach(source);
    return source;
  }

  /// The frames of the batch, which is written.
  frames take() {
    const frames written = decode(as_chars(batch.left()));
    batch.wrote(batch.size());
    batch.free_written();
    batch.clear();
    return written;
  }

  frames fill() {
    all.fill();
    return take();
  }

  frames go_on() {
    all.go_on();
    return take();
  }
};

}  // namespace

TEST_SUITE("protocol/frame_sources") {
  TEST_CASE(
      "each fills the batch in its turn, and the next begins behind the last that was asked") {
    queues q;
    const auto a = q.add();
    const auto b = q.add();
    const auto c = q.add();
    for (const auto& source : {a, b, c}) push(source, "short");
    CHECK(q.fill() == frames{text("short"), text("short"), text("short")});
    push(a, "a");
    push(b, std::string(outgoing_batch::usual_size, 'b'));
    push(c, "c");
    CHECK(q.fill() == frames{text("a")});
    push(a, "again");
    CHECK(q.fill() == frames{text('b', outgoing_batch::usual_size)});
    CHECK(q.fill() == frames{text("c"), text("again")});
    CHECK(q.all.quiet());
  }

  TEST_CASE("one frame alone is written from where it lies") {
    queues q;
    const auto a = q.add();
    push(a, "alone");
    frame_queue::frame next;
    REQUIRE(a->queue.peek(next));
    q.all.fill();
    CHECK(q.batch.in_place());
    CHECK(q.batch.left().data() == next.bytes.data());
    q.take();
    check_empty(a);
  }

  TEST_CASE("RFC 6455 5.4: nobody begins a message before the one that was begun has ended") {
    const both_forms in_turn;
    queues q;
    const auto a = q.add();
    const auto b = q.add();
    push(a, first, "a1");
    push(b, "b");
    CHECK(q.fill() == frames{words("text", "a1") + " without FIN"});
    CHECK(q.fill().empty());
    CHECK(q.go_on().empty());
    push(a, last, "a2");
    push(a, "next of a");
    CHECK(q.go_on() == frames{words("continuation", "a2")});
    CHECK(q.fill() == frames{text("b"), text("next of a")});
    CHECK(q.all.quiet());
  }

  TEST_CASE("what waits behind a queue goes when that is empty") {
    const both_forms in_turn;
    queues q;
    const auto a = q.add();
    push(a, "queued");
    wait_behind(a, whole, "waits");
    CHECK_FALSE(q.all.quiet());
    CHECK(q.fill() == frames{text("queued"), text("waits")});
    CHECK(q.all.quiet());
    check_empty(a);
  }

  TEST_CASE("one that is detached says whether it has left a message unfinished") {
    queues q;
    const auto a = q.add();
    const auto b = q.add();
    push(a, first, "begun");
    q.fill();
    CHECK_FALSE(q.all.detach(b.get()));
    CHECK(q.all.detach(a.get()));
    push(b, "b");
    CHECK(q.all.quiet());
  }

  TEST_CASE("the next connection gets what was not written, or what comes for it") {
    for (const bool drop : {false, true}) {
      CAPTURE(drop);
      queues q;
      const auto a = q.add();
      push(a, "left");
      q.all.fill();
      q.batch.clear();
      q.all.reset(drop, 7);
      push(a, "late");
      CHECK(q.fill() == (drop ? frames{} : frames{text("left"), text("late")}));
      a->queued_before = a->queue.pushed();
      a->connection = 7;
      push(a, "seen");
      CHECK(q.fill() == frames{text("seen")});
    }
  }

  TEST_CASE("the rest of a message that the connection before has cut is dropped") {
    const both_forms in_turn;
    queues q;
    const auto a = q.add();
    push(a, first, "begun");
    q.fill();
    const auto begin = a->written;
    push(a, last, "the rest");
    push(a, "whole");
    q.all.reset(false, 7);
    CHECK(a->lost_within(begin, begin + frame_size(8)));
    CHECK_FALSE(a->lost_within(begin + frame_size(8), begin + a->outstanding()));
    CHECK(q.fill() == frames{text("whole")});
    check_empty(a);
  }
}
