#include "outbox_fixture.hpp"

#include <wsx/close_code.hpp>
#include <wsx/protocol/outbox.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

// What goes behind the queues: a frame that is too large for its queue, and Close.

using namespace outgoing;

TEST_SUITE("outbox: a frame that waits behind its queue") {
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

TEST_SUITE("outbox: RFC 6455 5.5.1, Close") {
  const close_payload bye{wsx::close_code::normal, "bye"};
  const std::string close_frame = "close 1000 \"bye\"";

  TEST_CASE("without drain it goes before all data, behind the control frames") {
    fixture f;
    const auto source = f.add_source();
    push(source, "queued");
    f.stage(whole, "staged");
    f.box.set_pong(as_bytes("pong"));
    f.box.set_close(bye, false);
    CHECK(f.send() == frames{words("pong", "pong"), close_frame});
    CHECK(f.box.close_written());
  }

  TEST_CASE("without drain the frame being written is completed, its message is not") {
    fixture f;
    const auto source = f.add_source(4 << 20);
    push(source, first, std::string(600'000, 'f'));
    push(source, last, "never");
    const std::string begun = f.write(1000);
    f.box.set_close(bye, false);
    CHECK(decode(begun + f.write()) ==
          frames{words("text", "f") + " without FIN * 600000", close_frame});
  }

  TEST_CASE("with drain it goes after everything") {
    fixture f;
    const auto a = f.add_source(2 << 20);
    const auto b = f.add_source(256);
    const std::string payload(1000, 'w');
    push(a, std::string(600'000, 'a'));
    wait_behind(b, whole, payload);
    f.stage(whole, "staged");
    f.box.set_close(bye, true);
    const frames sent = f.send(50'000);
    CHECK(sent == frames{text("staged"), text('a', 600'000), text('w', 1000), close_frame});
    CHECK(f.box.close_written());
  }

  TEST_CASE("with drain it does not wait for the rest of a message that never comes") {
    fixture f;
    const auto a = f.add_source();
    const auto b = f.add_source();
    push(a, first, "begun");
    push(b, "has to wait for the end of a's message");
    const std::string begun = f.write();
    f.stage(whole, "so has this");
    f.box.set_close(bye, true);
    CHECK(decode(begun + f.write()) ==
          frames{words("text", "begun") + " without FIN", close_frame});
    CHECK(f.box.close_written());
  }

  TEST_CASE("nothing goes after it") {
    for (const bool drain : {true, false}) {
      fixture f;
      const auto source = f.add_source();
      f.box.set_close(bye, drain);
      CHECK_FALSE(f.box.close_written());
      f.box.batch();
      CHECK_FALSE(f.box.close_written());
      push(source, "queued");
      f.stage(whole, "staged");
      f.box.set_ping({});
      f.box.set_pong({});
      CHECK(f.send() == frames{close_frame});
      CHECK(f.box.close_written());
      CHECK(f.box.batch().empty());
    }
  }

  TEST_CASE("it has a code or none, and up to 123 bytes of reason") {
    fixture none;
    none.box.set_close({}, true);
    CHECK(none.send() == frames{"close without a code"});
    fixture full;
    full.box.set_close({wsx::close_code{4000}, std::string(123, 'r')}, false);
    std::vector<client_frame> decoded;
    decode(full.write(), &decoded);
    REQUIRE(decoded.size() == 1);
    CHECK(decoded[0].payload == "\x0f\xa0" + std::string(123, 'r'));
  }
}
