#include "outbox_fixture.hpp"

#include <wsx/close_code.hpp>
#include <wsx/protocol/outbox.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

// What goes behind the queues: a frame that is too large for its queue, and Close.

using namespace outbox_test;

namespace {

constexpr frame_head ping_head{.op = opcode::ping};

}  // namespace

TEST_SUITE("protocol/outbox_end: a frame that waits behind its queue") {
  TEST_CASE("it goes after the queue, and counts as written when all of it is") {
    fixture f;
    const auto source = f.add_source();
    const std::string payload = "waiting";
    push(source, "queued");
    wait_behind(source, whole, payload);
    CHECK(source->outstanding() == frame_size(6) + frame_size(7));
    const std::string written = f.write(frame_size(6) + frame_size(7) - 1);
    CHECK(source->waiting);
    CHECK(source->outstanding() == frame_size(6) + frame_size(7));
    CHECK(decode(written + f.write()) == frames{text("queued"), text("waiting")});
    CHECK(source->written == frame_size(6) + frame_size(7));
    check_empty(source);
    push(source, "next");
    CHECK(f.send() == frames{text("next")});
  }

  TEST_CASE("it may be larger than the queue and many batches") {
    for (const std::size_t size : {0u, 125u, 126u, 65'536u, 262'130u, 262'144u, 2'000'000u}) {
      CAPTURE(size);
      fixture f;
      const auto source = f.add_source(256);
      const std::string payload(size, 'w');
      push(source, "queued");
      wait_behind(source, whole, payload);
      const frames sent = f.send(100'000);
      REQUIRE(sent.size() == 2);
      CHECK(sent[1] == (size > 0 ? text('w', size) : text("")));
      check_empty(source);
    }
  }

  TEST_CASE("it may be a fragment") {
    fixture f;
    const auto a = f.add_source(256);
    const auto b = f.add_source();
    const std::string payload(1000, 'l');
    push(a, first, "begun");
    wait_behind(a, last, payload);
    push(b, "b");
    CHECK(f.send() == frames{words("text", "begun") + " without FIN",
                             words("continuation", "l") + " * 1000", text("b")});
  }
}

TEST_SUITE("protocol/outbox_end: Close, RFC 6455 5.5.1") {
  const close_payload bye{wsx::close_code::normal, "bye"};
  const std::string close_frame = "close 1000 \"bye\"";

  TEST_CASE("behind the replies: it goes before all that is queued") {
    fixture f;
    const auto source = f.add_source();
    push(source, "queued");
    f.stage(whole, "staged");
    f.box.add_pong(as_bytes("pong"));
    f.box.set_close(bye, close_order::after_replies);
    CHECK(f.send() == frames{words("pong", "pong"), text("staged"), close_frame});
    CHECK(f.box.close_written());
    CHECK(f.box.staged_dropped() == 0);
  }

  TEST_CASE("what is queued is taken back out of a batch of which nothing was written") {
    for (const std::size_t count : {1u, 100u, 3000u}) {
      fixture f;
      const auto source = f.add_source();
      for (std::size_t i = 0; i < count; ++i) push(source, "queued");
      REQUIRE_FALSE(f.box.batch().empty());
      f.box.set_close(bye, close_order::after_replies);
      CHECK(f.send() == frames{close_frame});
      CHECK(f.box.frames_encoded() == 1);
      f.box.reset(false);
      CHECK(f.send() == frames(count, text("queued")));
      check_empty(source);
    }
  }

  TEST_CASE("at every byte of a batch: the frame under way ends, replies and Close follow") {
    for (const std::size_t others : {0u, 1u}) {
      const std::size_t size = 5 * frame_size(4) + 2 * frame_size(6) + frame_size(1);
      for (std::size_t cut = 0; cut <= size; ++cut) {
        for (const std::size_t committed : {0u, 1u, 15u, 1000u}) {
          CAPTURE(cut);
          CAPTURE(committed);
          fixture f;
          const auto source = f.add_source();
          if (others > 0) f.add_source();
          f.box.add_pong(as_bytes("p"));
          f.stage(whole, "reply1");
          f.stage(whole, "reply2");
          for (int i = 0; i < 5; ++i) push(source, "data");
          std::string written = f.write(cut);
          f.box.batch();
          const std::size_t given = std::min(cut + committed, size);
          f.box.set_close(bye, close_order::after_replies, given - cut);
          written += f.write();
          const frames sent = decode(written);
          const std::size_t before = frame_size(1) + 2 * frame_size(6);
          const std::size_t data =
              given <= before ? 0 : (given - before + frame_size(4) - 1) / frame_size(4);
          frames expected{words("pong", "p"), text("reply1"), text("reply2")};
          expected.insert(expected.end(), data, text("data"));
          expected.push_back(close_frame);
          CHECK(sent == expected);
          f.box.reset(false);
          CHECK(f.send() == frames(5 - data, text("data")));
        }
      }
    }
  }

  TEST_CASE("replies are dropped, and counted, if a producer's message is unfinished") {
    fixture f;
    const auto source = f.add_source();
    push(source, first, "begun");
    const std::string begun = f.write();
    f.stage(whole, "reply");
    f.stage(ping_head, "ping");
    f.box.add_pong(as_bytes("pong"));
    f.box.set_close(bye, close_order::after_replies);
    CHECK(decode(begun + f.write()) ==
          frames{words("text", "begun") + " without FIN", words("pong", "pong"), close_frame});
    CHECK(f.box.staged_dropped() == 2);
    CHECK(f.box.staged_written() == 0);
  }

  TEST_CASE("the rest of a message is taken back, and the replies behind it are dropped") {
    for (const std::size_t written : {0u, 3u, 12u}) {
      CAPTURE(written);
      fixture f;
      const auto source = f.add_source();
      push(source, first, "begun");
      f.send();
      push(source, middle, "more");
      push(source, last, "end");
      f.stage(whole, "reply");
      push(source, "queued");
      std::string wire = f.write(written);
      f.box.set_close(bye, close_order::after_replies);
      if (written == 3) CHECK(f.box.unsent_bytes() == 0);
      wire += f.write();
      frames expected{close_frame};
      if (written > 0)
        expected.insert(expected.begin(), words("continuation", "more") + " without FIN");
      if (written > frame_size(4))
        expected.insert(expected.end() - 1, words("continuation", "end"));
      const bool open = written <= frame_size(4);
      if (!open) expected.insert(expected.end() - 1, text("reply"));
      CHECK(decode(wire) == expected);
      CHECK(f.box.staged_dropped() == (open ? 1 : 0));
      f.box.reset(false);
      CHECK(f.send() == frames{text("queued")});
      check_empty(source);
    }
  }

  TEST_CASE("a message of replies that is unfinished does not stop them") {
    fixture f;
    const auto source = f.add_source();
    f.stage(first, "one");
    push(source, "queued");
    std::string wire = f.write();
    f.stage(middle, "two");
    f.box.set_close(bye, close_order::after_replies);
    wire += f.write();
    CHECK(decode(wire) == frames{text("one") + " without FIN",
                                 words("continuation", "two") + " without FIN", close_frame});
    CHECK(f.box.staged_dropped() == 0);
  }

  TEST_CASE("a large frame that only its header is in a batch of is taken back with it") {
    fixture f;
    const auto source = f.add_source(256);
    const std::string payload(600'000, 'w');
    push(source, "queued");
    wait_behind(source, whole, payload);
    REQUIRE(f.box.batch().size() > frame_size(6));
    f.box.set_close(bye, close_order::after_replies);
    CHECK(f.send() == frames{close_frame});
    f.box.reset(false);
    CHECK(f.send() == frames{text("queued"), text('w', 600'000)});
    check_empty(source);
  }

  TEST_CASE("one that waits is not put off") {
    fixture f;
    const auto source = f.add_source(4 << 20);
    push(source, std::string(600'000, 'x'));
    push(source, "queued");
    std::string wire = f.write(1000);
    const close_payload echo{wsx::close_code::going_away, ""};
    CHECK(f.box.set_close(echo, close_order::after_replies));
    CHECK_FALSE(f.box.set_close(bye, close_order::after_queues));
    wire += f.write();
    CHECK(decode(wire) == frames{text('x', 600'000), "close 1001 \"\""});
  }

  TEST_CASE("a Close that was to go behind the queues gives way, unless it is under way") {
    const close_payload echo{wsx::close_code::going_away, ""};
    for (const bool written : {false, true}) {
      fixture f;
      const auto source = f.add_source();
      for (int i = 0; i < 10; ++i) push(source, "queued");
      CHECK(f.box.set_close(bye, close_order::after_queues));
      const std::size_t size = f.box.batch().size();
      std::string wire = written ? f.write(size + 1) : std::string();  // one byte of the Close
      CHECK(f.box.set_close(echo, close_order::after_replies) == !written);
      wire += f.write();
      const frames sent = decode(wire);
      CHECK(sent.size() == (written ? 11 : 1));
      CHECK(sent.back() == (written ? close_frame : "close 1001 \"\""));
      CHECK(f.box.close_written());
      CHECK_FALSE(f.box.set_close(echo, close_order::after_replies));
      CHECK(f.send().empty());
    }
  }

  TEST_CASE("behind the replies: the frame being written is completed, its message is not") {
    fixture f;
    const auto source = f.add_source(4 << 20);
    push(source, first, std::string(600'000, 'f'));
    push(source, last, "never");
    const std::string begun = f.write(1000);
    f.box.set_close(bye, close_order::after_replies);
    CHECK(decode(begun + f.write()) ==
          frames{words("text", "f") + " without FIN * 600000", close_frame});
  }

  TEST_CASE("behind the queues: it goes after everything") {
    fixture f;
    const auto a = f.add_source(2 << 20);
    const auto b = f.add_source(256);
    const std::string payload(1000, 'w');
    push(a, std::string(600'000, 'a'));
    wait_behind(b, whole, payload);
    f.stage(whole, "staged");
    f.box.set_close(bye, close_order::after_queues);
    const frames sent = f.send(50'000);
    CHECK(sent == frames{text("staged"), text('a', 600'000), text('w', 1000), close_frame});
    CHECK(f.box.close_written());
  }

  TEST_CASE("behind the queues: it does not wait for the rest of a message that never comes") {
    fixture f;
    const auto a = f.add_source();
    const auto b = f.add_source();
    push(a, first, "begun");
    push(b, "has to wait for the end of a's message");
    const std::string begun = f.write();
    f.stage(whole, "so has this");
    f.box.set_close(bye, close_order::after_queues);
    CHECK(decode(begun + f.write()) ==
          frames{words("text", "begun") + " without FIN", close_frame});
    CHECK(f.box.close_written());
  }

  TEST_CASE("nothing goes after it") {
    for (const auto order : {close_order::after_queues, close_order::after_replies}) {
      fixture f;
      const auto source = f.add_source();
      f.box.set_close(bye, order);
      CHECK_FALSE(f.box.close_written());
      f.box.batch();
      CHECK_FALSE(f.box.close_written());
      push(source, "queued");
      f.stage(whole, "staged");
      f.box.set_ping({});
      f.box.add_pong({});
      CHECK(f.send() == frames{close_frame});
      CHECK(f.box.close_written());
      CHECK(f.box.batch().empty());
    }
  }

  TEST_CASE("it has a code or none, and up to 123 bytes of reason") {
    fixture none;
    none.box.set_close({}, close_order::after_queues);
    CHECK(none.send() == frames{"close without a code"});
    fixture full;
    full.box.set_close({wsx::close_code{4000}, std::string(123, 'r')}, close_order::after_replies);
    std::vector<client_frame> decoded;
    decode(full.write(), &decoded);
    REQUIRE(decoded.size() == 1);
    CHECK(decoded[0].payload == "\x0f\xa0" + std::string(123, 'r'));
  }
}
