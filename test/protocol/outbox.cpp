#include "outbox_fixture.hpp"

#include <wsx/protocol/outbox.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

using namespace outbox_test;

TEST_SUITE("protocol/outbox: order") {
  TEST_CASE("nothing to send is an empty batch") {
    fixture f;
    const auto source = f.add_source();
    CHECK(f.box.batch().empty());
    f.box.wrote(0);
    CHECK(f.box.batch().empty());
    CHECK(f.box.frames_encoded() == 0);
    CHECK_FALSE(f.box.close_written());
  }

  TEST_CASE("control frames go first, then what is staged, then what is queued") {
    fixture f;
    const auto source = f.add_source();
    push(source, "queued");
    CHECK(f.stage(whole, "staged"));
    f.box.set_ping(as_bytes("i"));
    f.box.add_pong(as_bytes("o"));
    CHECK(f.send() ==
          frames{words("pong", "o"), words("ping", "i"), text("staged"), text("queued")});
    CHECK(f.box.frames_encoded() == 4);
    check_empty(source);
  }

  TEST_CASE("what is sent is correct in whatever portions it is written") {
    for (const std::size_t at_once : {1u, 2u, 7u, 1000u}) {
      fixture f;
      const auto source = f.add_source();
      frames expected;
      for (int i = 0; i < 50; ++i) {
        push(source, std::to_string(i));
        expected.push_back(text(std::to_string(i)));
      }
      CHECK(f.send(at_once) == expected);
      check_empty(source);
    }
  }

  TEST_CASE("RFC 6455 5.5.3: every ping is answered, in order; only the latest ping is sent") {
    fixture f;
    f.box.add_pong(as_bytes("1"));
    f.box.add_pong(as_bytes("22"));
    f.box.add_pong(as_bytes("3"));
    f.box.set_ping(as_bytes("a"));
    f.box.set_ping(as_bytes("b"));
    CHECK(f.send() ==
          frames{words("pong", "1"), words("pong", "22"), words("pong", "3"), words("ping", "b")});
    CHECK(f.send().empty());
    f.box.add_pong({});
    CHECK(f.send() == frames{words("pong", "")});
    const std::string most(125, 'p');
    f.box.add_pong(as_bytes(most));
    CHECK(f.send() == frames{words("pong", "p") + " * 125"});
  }

  TEST_CASE("a pong that comes while a batch is written goes with the next") {
    fixture f;
    f.box.add_pong(as_bytes("1"));
    f.box.batch();
    f.box.add_pong(as_bytes("2"));
    CHECK(f.send_batch() == frames{words("pong", "1")});
    CHECK(f.send_batch() == frames{words("pong", "2")});
  }

  TEST_CASE("a control frame waits for the batch that is being written") {
    fixture f;
    const auto source = f.add_source(4 << 20);
    for (int i = 0; i < 10; ++i) push(source, std::string(100'000, 'd'));
    const std::string before = f.write(250'000);  // cuts the third of them: two are a batch
    f.box.add_pong(as_bytes("now"));
    const frames sent = decode(before + f.write());
    REQUIRE(sent.size() == 11);
    CHECK(sent[4] == words("pong", "now"));
  }

  TEST_CASE("a control frame waits for no more than the frame that goes on beyond the batch") {
    fixture f;
    const auto source = f.add_source(4 << 20, payloads::unmasked);
    for (int i = 0; i < 10; ++i) push(source, std::string(100'000, 'd'));
    const std::string before = f.write(outbox::batch_size);  // cuts the third of them
    f.box.add_pong(as_bytes("now"));
    const frames sent = decode(before + f.write());
    REQUIRE(sent.size() == 11);
    CHECK(sent[3] == words("pong", "now"));
  }
}

TEST_SUITE("protocol/outbox: batches") {
  TEST_CASE("masked frames are written from where they lie in the queue, whole ones") {
    fixture f;
    const auto source = f.add_source(4 << 20);
    for (int i = 0; i < 20; ++i) push(source, std::string(30'000, 'x'));
    std::size_t sent = 0;
    frame_queue::frame next;
    while (source->queue.peek(next)) {
      const auto batch = f.box.batch();
      CHECK(batch.data() == next.bytes.data());
      CHECK(batch.size() % frame_size(30'000) == 0);
      CHECK(batch.size() <= outbox::batch_size);
      sent += batch.size() / frame_size(30'000);
      f.box.wrote(batch.size());
    }
    CHECK(sent == 20);
    check_empty(source);
  }

  TEST_CASE("a masked frame larger than a batch is a batch of its own") {
    fixture f;
    const auto source = f.add_source(4 << 20);
    push(source, "before");
    push(source, std::string(1'000'000, 'x'));
    push(source, "after");
    CHECK(f.send_batch() == frames{text("before")});
    CHECK(f.send_batch() == frames{text('x', 1'000'000)});
    CHECK(f.send_batch() == frames{text("after")});
    CHECK(f.send_batch().empty());
    check_empty(source);
  }

  TEST_CASE("short runs go together, with what else there is") {
    fixture f;
    const auto a = f.add_source();
    const auto b = f.add_source();
    f.box.add_pong(as_bytes("p"));
    f.stage(whole, "staged");
    push(a, "a");
    push(b, "b1");
    push(b, "b2");
    CHECK(f.send_batch() ==
          frames{words("pong", "p"), text("staged"), text("a"), text("b1"), text("b2")});
    check_empty(a);
    check_empty(b);
  }

  TEST_CASE("many frames from the ring's beginning are not copied behind few from its end") {
    fixture f;
    const auto source = f.add_source(64 * 1024);
    const auto other = f.add_source();
    push(source, std::string(63'000, 'x'));
    f.send_batch();
    push(source, std::string(2'600, 'f'));  // beyond the ring's end
    for (const char c : {'1', '2', '3'}) push(source, std::string(10'000, c));
    CHECK(f.send_batch() == frames{text('f', 2'600)});
    frame_queue::frame next;
    REQUIRE(source->queue.peek(next));
    CHECK(f.box.batch().data() == next.bytes.data());
    CHECK(f.send_batch() == frames{text('1', 10'000), text('2', 10'000), text('3', 10'000)});
    check_empty(source);
  }

  TEST_CASE("a source with something large has its turn, however much others send") {
    fixture f;
    const auto one = f.add_source();
    const auto other = f.add_source();
    push(one, std::string(500'000, 'L'));
    std::size_t batches = 0;
    for (bool sent = false; !sent; ++batches) {
      REQUIRE(batches < 3);
      push(other, "small");
      f.stage(whole, "staged");
      for (const auto& frame : f.send_batch()) sent = sent || frame == text('L', 500'000);
    }
    push(one, std::string(1'000, 'm'));
    push(one, std::string(500'000, 'L'));
    for (bool sent = false; !sent; ++batches) {
      REQUIRE(batches < 6);
      push(other, "small");
      for (const auto& frame : f.send_batch()) sent = sent || frame == text('L', 500'000);
    }
  }

  TEST_CASE("unmasked frames fill batches to the brim, and go on in the next") {
    fixture f;
    const auto source = f.add_source(4 << 20, payloads::unmasked);
    frames expected;
    for (int i = 0; i < 40; ++i) {
      push(source, std::string(30'000, static_cast<char>('A' + i)));
      expected.push_back(text(static_cast<char>('A' + i), 30'000));
    }
    std::string written;
    for (int batches = 1;; ++batches) {
      const auto batch = f.box.batch();
      if (batch.empty()) break;
      CHECK(batch.size() <= outbox::batch_size);
      if (batches <= 4) CHECK(batch.size() > outbox::batch_size - max_header_size);
      written += as_chars(batch);
      f.box.wrote(batch.size());
    }
    CHECK(decode(written) == expected);
    check_empty(source);
  }

  TEST_CASE("frames around a batch's end, at every distance") {
    const both_forms in_turn;
    for (std::size_t before = 0; before <= 40; ++before) {
      CAPTURE(before);
      fixture f;
      const auto source = f.add_source();
      const std::size_t size = outbox::batch_size - before - max_header_size;
      push(source, std::string(size, 'x'));
      push(source, "first");
      push(source, "");
      push(source, "second");
      CHECK(f.box.batch().size() <= outbox::batch_size);
      CHECK(f.send() == frames{text('x', size), text("first"), text(""), text("second")});
      check_empty(source);
    }
  }

  TEST_CASE("a frame of many batches is one frame; nothing interrupts it") {
    fixture f;
    const auto source = f.add_source(2 << 20, payloads::unmasked);
    push(source, std::string(1'000'000, 'x'));
    push(source, "after");
    std::string written;
    int batches = 0;
    for (; !f.box.batch().empty(); ++batches) {
      written += as_chars(f.box.batch());
      f.box.wrote(f.box.batch().size());
      if (batches < 3) {
        f.box.add_pong(as_bytes("pong"));
        f.stage(whole, "staged");
      }
    }
    CHECK(batches > 4);
    const std::string pong = words("pong", "pong");
    CHECK(decode(written) == frames{text('x', 1'000'000), pong, pong, pong, text("staged"),
                                    text("staged"), text("staged"), text("after")});
    check_empty(source);
  }

  TEST_CASE("a ping is told to be written when its last byte is") {
    fixture f;
    const auto source = f.add_source();
    f.box.set_ping(as_bytes("p"));
    push(source, std::string(100'000, 'x'));
    f.write(6);
    CHECK_FALSE(f.box.take_ping_written());
    f.write(1);
    CHECK(f.box.take_ping_written());
    CHECK_FALSE(f.box.take_ping_written());
    f.write();
    CHECK_FALSE(f.box.take_ping_written());
  }

  TEST_CASE("the view stays the same until it is written, less what has been") {
    fixture f;
    f.stage(whole, "some bytes");
    const auto batch = f.box.batch();
    CHECK(f.box.batch().data() == batch.data());
    f.box.wrote(5);
    CHECK(f.box.batch().data() == batch.data() + 5);
    CHECK(f.box.batch().size() == batch.size() - 5);
  }

  TEST_CASE("RFC 6455 5.3: every frame has a mask key of its own") {
    fixture f;
    const auto source = f.add_source();
    for (int i = 0; i < 300; ++i) {
      push(source, "q");
      f.stage(whole, "s");
    }
    std::vector<client_frame> decoded;
    decode(f.write(), &decoded);
    REQUIRE(decoded.size() == 600);
    std::set<wsx::testing::mask_key> keys;
    for (const auto& frame : decoded) keys.insert(frame.mask);
    CHECK(keys.size() >= 599);  // two may be the same, by a chance of 1 in 24000
  }
}

TEST_SUITE("protocol/outbox: staged frames") {
  TEST_CASE("frames are staged while fewer bytes than the bound are unsent, the last one whole") {
    fixture f(20);
    CHECK(f.stage(whole, "12345678"));  // 14 bytes
    CHECK(f.box.unsent_bytes() == 14);
    CHECK(f.stage(whole, "12345678"));
    CHECK(f.box.unsent_bytes() == 28);
    CHECK_FALSE(f.stage(whole, ""));
    CHECK(f.box.unsent_bytes() == 28);
    CHECK(f.send() == frames{text("12345678"), text("12345678")});
    CHECK(f.box.unsent_bytes() == 0);
    CHECK(f.stage(whole, std::string(1000, 'x')));
    CHECK_FALSE(f.stage(whole, ""));
    CHECK(f.send() == frames{text('x', 1000)});
    CHECK(f.stage(whole, "12345678901234"));  // 20 bytes
    CHECK_FALSE(f.stage(whole, ""));
  }

  TEST_CASE("those of the batch that is being written are unsent") {
    fixture f(20);
    CHECK(f.stage(whole, "12345678901234"));
    f.write(19);
    CHECK(f.box.unsent_bytes() == 20);
    CHECK_FALSE(f.stage(whole, ""));
    f.write();
    CHECK(f.box.unsent_bytes() == 0);
    CHECK(f.stage(whole, ""));
  }

  TEST_CASE("a frame that is refused leaves nothing behind") {
    fixture f(20);
    CHECK(f.stage(first, "123456789012345"));
    CHECK_FALSE(f.stage(last, ""));
    CHECK(f.box.staged_total() == 21);
    CHECK(f.send() == frames{words("text", "123456789012345") + " without FIN"});
    CHECK(f.box.frames_encoded() == 1);
    CHECK(f.stage(last, ""));
    CHECK(f.send() == frames{words("continuation", "")});
  }

  TEST_CASE("a frame that no batch can hold is refused, whatever the bound") {
    fixture f;
    const char any = 0;
    for (const std::size_t size : {outbox::most_at_once, std::size_t{1} << 32}) {
      CHECK_FALSE(f.stage(whole, std::string_view(&any, size)));
    }
    CHECK(f.box.unsent_bytes() == 0);
    CHECK(f.stage(whole, "small"));
    const std::size_t left = outbox::most_at_once - frame_size(5);
    CHECK_FALSE(f.stage(whole, std::string_view(&any, left - 13)));
    CHECK(f.send() == frames{text("small")});
  }

  TEST_CASE("replies that are dropped are not unsent") {
    fixture f(20);
    const auto source = f.add_source();
    push(source, first, "begun");
    f.send();
    CHECK(f.stage(whole, "12345678901234"));
    f.box.set_close({}, close_order::after_replies);
    f.send();
    CHECK(f.box.staged_dropped() == 1);
    CHECK(f.box.unsent_bytes() == 0);
    f.box.reset(false);
    CHECK(f.stage(whole, "12345678901234"));
    f.box.batch();
    f.box.reset(false);
    CHECK(f.box.unsent_bytes() == 0);
  }

  TEST_CASE("staged bytes are counted as accepted at once, as written with their batch") {
    fixture f;
    f.stage(whole, "1234");
    f.stage(whole, "12");
    CHECK(f.box.staged_total() == 18);
    CHECK(f.box.staged_written() == 0);
    f.box.batch();
    f.stage(whole, "later");
    f.box.wrote(17);
    CHECK(f.box.staged_written() == 0);
    f.box.wrote(1);
    CHECK(f.box.staged_written() == 18);
    f.send();
    CHECK(f.box.staged_written() == f.box.staged_total());
  }

  TEST_CASE("what is staged waits for no more than the frame being written, however much it is") {
    fixture f;
    const auto source = f.add_source(4 << 20);
    for (int i = 0; i < 6; ++i) push(source, std::string(400'000, 'q'));
    const std::string before = f.write(outbox::batch_size);  // cuts the first of them
    for (int i = 0; i < 30; ++i) f.stage(whole, std::string(10'000, 's'));
    const frames sent = decode(before + f.write());
    REQUIRE(sent.size() == 36);
    CHECK(sent[0] == text('q', 400'000));
    CHECK(sent[1] == text('s', 10'000));
    CHECK(sent[30] == text('s', 10'000));
    check_empty(source);
  }

  TEST_CASE("memory is given back when nothing is to be sent") {
    fixture f;
    f.stage(whole, "1");
    f.box.batch();
    f.stage(whole, "2");
    f.box.release_memory();
    CHECK(f.send() == frames{text("1"), text("2")});
    f.box.release_memory();
    f.stage(whole, "3");
    CHECK(f.send() == frames{text("3")});
  }
}

TEST_SUITE("protocol/outbox: several sources") {
  TEST_CASE("each source's order holds") {
    fixture f;
    const auto a = f.add_source();
    const auto b = f.add_source();
    for (int i = 0; i < 10; ++i) {
      push(a, "a" + std::to_string(i));
      push(b, "b" + std::to_string(i));
    }
    const frames sent = f.send();
    CHECK(sent.size() == 20);
    for (const auto* const prefix : {"text \"a", "text \"b"}) {
      int next = 0;
      for (const auto& frame : sent) {
        if (frame.starts_with(prefix)) CHECK(frame == prefix + std::to_string(next++) + "\"");
      }
      CHECK(next == 10);
    }
  }

  TEST_CASE("they take turns: none waits longer than one batch for each other") {
    fixture f;
    std::vector<source_ptr> sources;
    for (int i = 0; i < 3; ++i) {
      sources.push_back(f.add_source(4 << 20));
      for (int k = 0; k < 30; ++k) {
        push(sources.back(), std::string(60'000, static_cast<char>('a' + i)));
      }
    }
    const frames sent = decode(f.write(4 * outbox::batch_size));
    for (const char name : {'a', 'b', 'c'}) {
      CHECK(std::ranges::count(sent, text(name, 60'000)) >= 3);
    }
  }

  TEST_CASE("a source that always has fragments to send leaves turns to others") {
    for (const std::size_t size : {40'000u, 50'000u}) {
      CAPTURE(size);
      fixture f;
      const auto fragments = f.add_source(8 << 20);
      const auto other = f.add_source();
      for (int i = 0; i < 20; ++i) {
        push(fragments, first, std::string(size, 'f'));
        push(fragments, last, std::string(size, 'l'));
      }
      // Cuts the fourth message in its first fragment, or the third in its last.
      const std::string before = f.write(outbox::batch_size);
      push(other, "other");
      f.stage(whole, "staged");
      const frames sent = decode(before + f.write());
      const std::size_t ended = size == 40'000 ? 8 : 6;
      REQUIRE(sent.size() == 42);
      CHECK(sent[ended - 1] == words("continuation", "l") + " * " + std::to_string(size));
      CHECK(sent[ended] == text("staged"));
      CHECK(sent[ended + 1] == text("other"));
    }
  }

  TEST_CASE("a detached source sends no more") {
    fixture f;
    const auto a = f.add_source();
    const auto b = f.add_source();
    f.box.detach(a.get());
    push(a, "a");
    push(b, "b");
    CHECK(f.send() == frames{text("b")});
  }
}

TEST_SUITE("protocol/outbox: fragments, RFC 6455 5.4") {
  TEST_CASE("a message in fragments is not interrupted by other data, only by control frames") {
    fixture f;
    const auto a = f.add_source();
    const auto b = f.add_source();
    push(a, first, "a1");
    CHECK(f.send() == frames{words("text", "a1") + " without FIN"});
    push(b, "b");
    f.stage(whole, "staged");
    CHECK(f.send().empty());
    f.box.add_pong(as_bytes("pong"));
    f.box.set_ping(as_bytes("ping"));
    push(a, {.op = opcode::ping}, "from a");
    CHECK(f.send() ==
          frames{words("pong", "pong"), words("ping", "ping"), words("ping", "from a")});
    push(a, middle, "a2");
    CHECK(f.send() == frames{words("continuation", "a2") + " without FIN"});
    push(a, last, "a3");
    CHECK(f.send() == frames{words("continuation", "a3"), text("staged"), text("b")});
    check_empty(a);
    check_empty(b);
  }

  TEST_CASE("a staged message in fragments is not interrupted by what is queued") {
    fixture f;
    const auto source = f.add_source();
    push(source, "queued");
    f.stage(first, "s1");
    CHECK(f.send() == frames{words("text", "s1") + " without FIN"});
    f.stage({.op = opcode::ping}, "staged ping");
    f.box.add_pong({});
    CHECK(f.send() == frames{words("pong", ""), words("ping", "staged ping")});
    f.stage(last, "s2");
    CHECK(f.send() == frames{words("continuation", "s2"), text("queued")});
  }

  TEST_CASE("fragments larger than a batch") {
    fixture f;
    const auto a = f.add_source(2 << 20);
    const auto b = f.add_source();
    push(a, first, std::string(300'000, 'f'));
    push(a, last, std::string(300'000, 'l'));
    push(b, "b");
    const std::string before = f.write(outbox::batch_size);
    f.stage(whole, "staged");
    CHECK(decode(before + f.write(everything, 100'000)) ==
          frames{words("text", "f") + " without FIN * 300000",
                 words("continuation", "l") + " * 300000", text("staged"), text("b")});
  }
}
