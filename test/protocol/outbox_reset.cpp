#include "outbox_fixture.hpp"

#include <wsx/protocol/outbox.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// A connection breaks, and another takes over what was queued.

using namespace outbox_test;

namespace {

constexpr frame_head ping_head{.op = opcode::ping};

/// The frames of `sent` whose payload begins with `mark`: those of one source.
frames of(char mark, const frames& sent) {
  frames own;
  for (const auto& frame : sent) {
    if (frame[frame.find('"') + 1] == mark) own.push_back(frame);
  }
  return own;
}

frames from(std::size_t begin, const frames& list) {
  return {list.begin() + static_cast<std::ptrdiff_t>(begin), list.end()};
}

frames up_to(std::size_t end, const frames& list) {
  return {list.begin(), list.begin() + static_cast<std::ptrdiff_t>(end)};
}

frames not_of(char mark, const frames& sent) {
  frames others;
  for (const auto& frame : sent) {
    if (frame[frame.find('"') + 1] != mark) others.push_back(frame);
  }
  return others;
}

/// Checks that what a source sent on the two connections is all of `expected`, in order: on the
/// second from the first frame on that the first connection did not carry whole.
void check_taken_over(char mark, const frames& expected, const frames& before,
                      const frames& after) {
  const frames done = of(mark, before);
  REQUIRE(done.size() <= expected.size());
  CHECK(done == up_to(done.size(), expected));
  CHECK(of(mark, after) == from(done.size(), expected));
}

/// Two sources, one of them with a frame that waits, staged and control frames.
struct busy : fixture {
  source_ptr a = add_source(4 << 20);
  source_ptr b = add_source(256);
  std::string waiting;
  frames all_of_a{};
  frames all_of_b{};

  explicit busy(std::size_t scale) : waiting(20 * scale, 'b') {
    box.add_pong(as_bytes("pong"));
    stage(whole, "staged");
    for (const std::size_t size : {1u, 5u, 0u, 3u, 130u}) {
      push(a, std::string(1 + size * scale, 'a'));
      all_of_a.push_back(size * scale < 60 ? text(std::string(1 + size * scale, 'a'))
                                           : text('a', 1 + size * scale));
    }
    push(b, "b1");
    push(b, ping_head, "b2");
    wait_behind(b, whole, waiting);
    all_of_b = {text("b1"), words("ping", "b2"),
                waiting.size() <= 60 ? text(waiting) : text('b', waiting.size())};
  }

  void check_all_sent() const {
    check_empty(a);
    check_empty(b);
    CHECK(b->written == 2 * frame_size(2) + frame_size(waiting.size()));
  }
};

void check_cut_at(std::size_t position, std::size_t scale, std::size_t at_once) {
  CAPTURE(position);
  busy f(scale);
  const frames before = decode(f.write(position, at_once));
  f.box.reset(false);
  CHECK(f.box.unsent_bytes() == 0);
  const frames after = f.send();
  check_taken_over('a', f.all_of_a, before, after);
  check_taken_over('b', f.all_of_b, before, after);
  CHECK(of('p', after).empty());  // control and staged frames were for the other connection
  CHECK(of('s', after).empty());
  f.check_all_sent();
}

/// A message in three fragments, a ping among them, and a message after it.
struct fragmented : fixture {
  source_ptr source = add_source();
  source_ptr other = add_source();

  fragmented() {
    push(source, first, "one");
    push(source, ping_head, "a ping that is longer than any fragment");
    push(source, middle, "two");
    push(source, last, "three");
    push(source, "next");
    push(other, "#other");
  }

  void check_all_sent() const {
    check_empty(source);
    check_empty(other);
  }
};

const frames fragments{
    words("text", "one") + " without FIN", words("ping", "a ping that is longer than any fragment"),
    words("continuation", "two") + " without FIN", words("continuation", "three"), text("next")};

/// What the second connection carries if the first carried `count` of the frames whole.
frames expected_after(std::size_t count) {
  if (count == 0 || count >= 4) return from(count, fragments);
  frames rest{fragments[4]};  // the message that was cut is not sent
  if (count == 1) rest.insert(rest.begin(), fragments[1]);
  return rest;
}

}  // namespace

TEST_SUITE("protocol/outbox_reset") {
  TEST_CASE("at every byte: every queued frame arrives whole, in order, none twice") {
    const both_forms in_turn;
    const std::size_t size = busy(1).write().size();
    REQUIRE(size > 200);
    for (std::size_t i = 0; i <= size; ++i) {
      check_cut_at(i, 1, everything);
      check_cut_at(i, 1, 1);
      check_cut_at(i, 1, 7);
    }
  }

  TEST_CASE("frames of several batches, at and around every batch's end and more") {
    const both_forms in_turn;
    constexpr std::size_t scale = 10'000;
    const std::size_t size = busy(scale).write().size();
    REQUIRE(size > 1'000'000);
    for (std::size_t i = 0; i <= size; i += outbox::batch_size) {
      for (const std::size_t more : {0u, 1u, 20u, 1000u, 10'020u, 100'003u, 262'143u}) {
        if (i + more <= size) check_cut_at(i + more, scale, everything);
      }
    }
  }

  TEST_CASE("again and again: every frame still arrives whole, in order, none twice") {
    const both_forms in_turn;
    for (const std::size_t step : {50u, 63u, 100u, 137u}) {
      CAPTURE(step);
      fixture f;
      const auto source = f.add_source();
      frames expected;
      for (int i = 0; i < 50; ++i) {
        const std::string payload =
            std::to_string(i) + std::string(static_cast<std::size_t>(i % 30), '.');
        push(source, payload);
        expected.push_back(text(payload));
      }
      frames arrived;
      for (int i = 0; i < 100 && source->outstanding() > 0; ++i) {
        f.box.set_ping(as_bytes("p"));
        for (const auto& frame : decode(f.write(step, 11))) {
          if (frame != words("ping", "p")) arrived.push_back(frame);
        }
        f.box.reset(false);
      }
      CHECK(arrived == expected);
    }
  }

  TEST_CASE("a message whose fragments were cut apart is not sent, all else is") {
    const both_forms in_turn;
    const std::size_t size = fragmented().write().size();
    for (std::size_t i = 0; i <= size; ++i) {
      CAPTURE(i);
      fragmented f;
      const frames before = decode(f.write(i));
      f.box.reset(false);
      const frames after = f.send();
      CHECK(not_of('#', after) == expected_after(not_of('#', before).size()));
      CHECK(of('#', before).size() + of('#', after).size() == 1);
      f.check_all_sent();
    }
  }

  TEST_CASE("frames of one source with staged ones between them: cut at every byte") {
    const both_forms in_turn;
    const std::size_t size = frame_size(5) + frame_size(6) + frame_size(4);
    for (std::size_t cut = 0; cut <= size; ++cut) {
      CAPTURE(cut);
      fixture f;
      const auto source = f.add_source();
      f.add_source();
      push(source, first, "begun");
      f.send();
      push(source, last, "ended");
      f.stage(whole, "staged");
      push(source, "next");
      const frames expected{words("continuation", "ended"), text("staged"), text("next")};
      const frames before = decode(f.write(cut));
      f.box.reset(false);
      const frames after = f.send();
      CHECK(before == up_to(before.size(), expected));
      CHECK(after == (before.size() < 3 ? frames{text("next")} : frames{}));
      check_empty(source);
    }
  }

  TEST_CASE("as much is sent again if the second connection breaks as well") {
    const both_forms in_turn;
    const std::size_t size = fragmented().write().size();
    for (std::size_t i = 0; i <= size; i += 3) {
      for (std::size_t k = 0; k <= size; ++k) {
        CAPTURE(i);
        CAPTURE(k);
        fragmented f;
        const std::size_t sent = not_of('#', decode(f.write(i))).size();
        f.box.reset(false);
        const std::size_t more = not_of('#', decode(f.write(k))).size();
        f.box.reset(false);
        const frames after = not_of('#', f.send());
        CHECK(after == (sent == 0 ? expected_after(more) : from(more, expected_after(sent))));
        f.check_all_sent();
      }
    }
  }

  TEST_CASE("the fragments of a cut message that come later are not sent either") {
    const both_forms in_turn;
    fixture f;
    const auto source = f.add_source();
    push(source, first, "begun");
    f.send();
    f.box.reset(false);
    push(source, middle, "m");
    push(source, ping_head, "ping");
    CHECK(f.send() == frames{words("ping", "ping")});
    push(source, last, "l");
    CHECK(f.send().empty());
    check_empty(source);
    push(source, first, "f");
    push(source, last, "l");
    CHECK(f.send() == frames{text("f") + " without FIN", words("continuation", "l")});
  }

  TEST_CASE("a fragment of a cut message that waits behind the queue is not sent either") {
    const both_forms in_turn;
    for (const std::string_view queued : {"", "ping"}) {
      fixture f;
      const auto source = f.add_source(256);
      push(source, first, "begun");
      f.send();
      f.box.reset(false);
      const std::string payload(1000, 'w');
      if (!queued.empty()) push(source, ping_head, queued);
      wait_behind(source, last, payload);
      CHECK(f.send() == (queued.empty() ? frames{} : frames{words("ping", queued)}));
      check_empty(source);
      CHECK(source->waiting_dropped);
      push(source, "next");
      CHECK(f.send() == frames{text("next")});
    }
  }

  TEST_CASE("a message that others had to wait for holds up nobody on the next connection") {
    const both_forms in_turn;
    fixture f;
    const auto a = f.add_source();
    const auto b = f.add_source();
    push(a, first, "a");
    push(b, "b");
    CHECK(f.send() == frames{text("a") + " without FIN"});
    f.box.reset(false);
    CHECK(f.send() == frames{text("b")});
    f.stage(first, "staged");
    push(b, "b");
    CHECK(f.send() == frames{text("staged") + " without FIN"});
    f.box.reset(false);
    f.stage(ping_head, "ping");
    CHECK(f.send() == frames{words("ping", "ping"), text("b")});
  }

  TEST_CASE("what is dropped is written off: nothing is queued, nothing sent") {
    const both_forms in_turn;
    const std::size_t size = busy(1).write().size();
    for (std::size_t i = 0; i <= size; ++i) {
      fixture f;
      const auto source = f.add_source();
      for (int k = 0; k < 30; ++k) push(source, "some payload");
      const std::uint64_t all = source->outstanding();
      f.write(i);
      f.box.reset(true);
      CHECK(source->written == all);
      check_empty(source);
      CHECK(f.send().empty());
      push(source, "next");
      CHECK(f.send() == frames{text("next")});
    }
  }

  TEST_CASE("nothing of the connection before is left: control, staged, Close") {
    fixture f;
    const auto source = f.add_source();
    f.box.set_ping(as_bytes("ping"));
    f.box.add_pong(as_bytes("pong"));
    f.stage(whole, "staged");
    f.box.set_close({}, close_order::after_replies);
    push(source, "queued");
    f.box.reset(false);
    CHECK(f.box.unsent_bytes() == 0);
    CHECK(f.box.staged_written() == f.box.staged_total());
    CHECK_FALSE(f.box.close_written());
    CHECK(f.send() == frames{text("queued")});
    f.box.set_close({}, close_order::after_queues);
    f.send();
    REQUIRE(f.box.close_written());
    f.box.reset(false);
    CHECK_FALSE(f.box.close_written());
    push(source, "after");
    CHECK(f.send() == frames{text("after")});
  }

  TEST_CASE("RFC 6455 5.3: a frame that is sent again is masked anew") {
    fixture f;
    const auto source = f.add_source();
    const std::string payload(100, 'x');
    push(source, payload);
    const std::string one = f.write(50);
    f.box.reset(false);
    std::vector<client_frame> again;
    decode(f.write(), &again);
    REQUIRE(again.size() == 1);
    const auto key = as_bytes(one).subspan(2, 4);
    const auto& fresh = again[0].mask;
    CHECK_FALSE(std::equal(key.begin(), key.end(), fresh.begin(), [](std::byte x, std::uint8_t y) {
      return std::to_integer<std::uint8_t>(x) == y;
    }));
  }

  // What the transport did not count as taken may have reached the wire nevertheless.
  TEST_CASE("RFC 6455 5.3: so is every other frame of a batch that was made") {
    for (const std::size_t written : {0u, 1u, 30u, 500u}) {
      CAPTURE(written);
      fixture f;
      const auto source = f.add_source();
      const auto other = f.add_source();
      for (int i = 0; i < 20; ++i) {
        push(source, std::string(50, 'x'));
        push(other, std::string(70, 'y'));
      }
      std::vector<client_frame> made;
      decode(as_chars(f.box.batch()), &made);
      REQUIRE(made.size() == 40);
      f.box.wrote(written);
      f.box.reset(false);
      decode(f.write(), &made);
      std::set<wsx::testing::mask_key> keys;
      for (const auto& frame : made) keys.insert(frame.mask);
      CHECK(keys.size() == made.size());
    }
  }

  TEST_CASE("a flush or send that waits for a cut message learns of it when the connection ends") {
    const both_forms in_turn;
    fixture f;
    const auto source = f.add_source();
    push(source, "whole");
    push(source, first, "begun");
    f.send();
    const auto at_first = source->written;
    push(source, ping_head, "ping");
    const auto behind_ping = source->written + source->outstanding();
    push(source, middle, "m");
    const std::string payload(1000, 'w');
    wait_behind(source, last, payload);
    const auto behind_all = source->written + source->outstanding();
    f.box.reset(false);
    CHECK(source->waiting_dropped);
    CHECK_FALSE(source->waiting);
    CHECK_FALSE(source->lost_within(at_first, behind_ping));
    CHECK(source->lost_within(at_first, behind_all));
    CHECK(source->cut_before == at_first);
    source->waiting_dropped = false;
    CHECK(source->lost_within(at_first, behind_ping + frame_size(1)));
    CHECK(f.send() == frames{words("ping", "ping")});
    push(source, "next");
    CHECK_FALSE(source->lost_within(source->written, source->written + source->outstanding()));
    CHECK(f.send() == frames{text("next")});
  }

  TEST_CASE("the continuation alone waits, or nothing is left of the message: it is cut as well") {
    for (const bool waits : {true, false}) {
      fixture f;
      const auto source = f.add_source();
      push(source, first, "begun");
      f.send();
      if (waits) wait_behind(source, last, "the rest");
      const auto end = source->written + source->outstanding();
      f.box.reset(false);
      CHECK(source->cut_before == source->written);
      CHECK(source->waiting_dropped == waits);
      CHECK(source->lost_within(source->written, end) == waits);
    }
  }

  TEST_CASE("a message whose start is sent again is not cut") {
    const both_forms in_turn;
    for (const std::size_t written : {0u, 3u, 20u}) {
      fixture f;
      const auto source = f.add_source();
      push(source, first, std::string(30, 'a'));
      push(source, middle, "b");
      wait_behind(source, last, "c");
      f.write(written);
      f.box.reset(false);
      CHECK(source->cut_before == 0);
      CHECK_FALSE(source->lost_within(0, source->outstanding()));
      CHECK(f.send().size() == 3);
    }
  }

  TEST_CASE("two messages, the first of them cut: the second is sent") {
    const both_forms in_turn;
    fixture f;
    const auto source = f.add_source();
    push(source, first, "begun");
    f.send();
    push(source, last, "ended");
    push(source, first, "another");
    push(source, last, "end");
    const auto start = source->written;
    f.box.reset(false);
    CHECK(source->lost_within(start, start + frame_size(5)));
    CHECK_FALSE(source->lost_within(start + frame_size(5), start + source->outstanding()));
    CHECK(f.send() == frames{text("another") + " without FIN", words("continuation", "end")});
  }

  TEST_CASE("dropping: what a producer queues before it sees the next connection is dropped too") {
    const both_forms in_turn;
    fixture f;
    const auto source = f.add_source();
    push(source, "written");
    f.send();
    push(source, "left");
    f.box.reset(true, 7);
    push(source, "late");  // by a producer that had found the first connection open
    CHECK_FALSE(f.box.quiet());
    const auto from = source->written;
    const auto until = from + source->outstanding();
    CHECK(f.send().empty());
    CHECK(source->lost_within(from, until));
    check_empty(source);
    push(source, "still late");
    // Now it sees the next one.
    source->queued_before = source->queue.pushed();
    source->connection = 7;
    push(source, "for the next");
    CHECK(f.send() == frames{text("for the next")});
    push(source, "more");
    CHECK(f.send() == frames{text("more")});
    check_empty(source);
  }

  TEST_CASE("dropping: so is what a producer queues that is attached too late") {
    const both_forms in_turn;
    fixture f;
    f.box.reset(true, 7);
    const auto source = f.add_source();
    push(source, "for the connection before");
    CHECK(f.send().empty());
    source->queued_before = source->queue.pushed();
    source->connection = 7;
    push(source, "for this one");
    CHECK(f.send() == frames{text("for this one")});
  }

  TEST_CASE("staged frames that are dropped are counted, and not those that were begun") {
    fixture f;
    f.stage(whole, "one");
    f.stage(whole, std::string(70'000, 'x'));
    f.box.reset(false);
    CHECK(f.box.staged_dropped() == 2);
    CHECK(f.box.frames_encoded() == 0);
    for (int i = 0; i < 10; ++i) f.stage(whole, "reply");
    f.write(frame_size(5) + 1);
    CHECK(f.box.frames_encoded() == 10);
    f.box.reset(false);
    CHECK(f.box.staged_dropped() == 2 + 8);
  }
}
