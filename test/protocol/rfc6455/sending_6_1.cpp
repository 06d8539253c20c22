#include "../connection_fixture.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace connection_test;

namespace {

outgoing_frame piece(bool first, bool last, std::string_view payload) {
  return outgoing_frame(wsx::fragment{opcode::text, first, last, as_bytes(payload)});
}

// One frame of each kind that a user can send, but for fragments.
void check_all_refused(fixture& f) {
  CHECK(f.c.send(outgoing_frame(wsx::text{"late"})) == errc::closing);
  CHECK(f.c.send(outgoing_frame(wsx::binary{std::string_view("late")})) == errc::closing);
  CHECK(f.c.send(outgoing_frame(wsx::ping{"late"})) == errc::closing);
  CHECK(f.c.send(outgoing_frame(wsx::pong{"late"})) == errc::closing);
  CHECK(f.c.send(piece(true, true, "late")) == errc::closing);
  CHECK(f.c.close({}) == errc::closing);
}

}  // namespace

TEST_SUITE("protocol/rfc6455/sending_6_1") {
  TEST_CASE("5.3: every frame is masked, with a key of its own") {
    fixture f(pinging());
    f.queue("queued");
    f.queue("another");
    CHECK(f.send("") == errc{});
    CHECK(f.send("staged") == errc{});
    CHECK(f.c.send(piece(true, false, "a")) == errc{});
    CHECK(f.c.send(piece(false, true, "b")) == errc{});
    f.receive(ping_frame("1"), ping_frame("2"));
    f.let_pass(20s);  // there is a ping
    f.c.close({close_code::normal, "bye"});
    std::vector<client_frame> all;
    decode(f.write(), &all);  // which takes masked frames only
    REQUIRE(all.size() == 10);
    std::set<wsx::testing::mask_key> keys;
    for (const auto& frame : all) keys.insert(frame.mask);
    CHECK(keys.size() == all.size());
  }

  TEST_CASE("5.2: each form of the length at its bounds, the shortest that can be, both ways") {
    for (const std::size_t size : {0u, 1u, 125u, 126u, 127u, 65'535u, 65'536u, 1'000'000u}) {
      CAPTURE(size);
      const std::string payload(size, 'x');
      fixture f;
      f.hand(wire(binary_frame(payload)));
      REQUIRE(f.c.next() == event::binary);
      CHECK(f.c.send(outgoing_frame(wsx::binary{f.c.payload()})) == errc{});
      CHECK(f.take_all() == "");
      const auto echoed = f.sent_alone();
      CHECK(echoed.opcode == opcodes::binary);
      CHECK(echoed.fin);
      CHECK(echoed.rsv == 0);
      CHECK(echoed.payload == payload);
    }
  }

  TEST_CASE(
      "5.4, 5.5: pongs, pings and Close go between the fragments of a message, nothing else") {
    fixture f(pinging());
    CHECK(f.c.send(piece(true, false, "a")) == errc{});
    f.queue("queued");
    CHECK(f.sent() == frames{text("a") + " without FIN"});
    f.receive(ping_frame("p"));
    f.let_pass(20s);
    const auto between = f.sent();
    REQUIRE(between.size() == 2);
    CHECK(between[0] == words("pong", "p"));
    CHECK(between[1].starts_with("ping "));
    CHECK(f.c.send(piece(false, true, "b")) == errc{});
    CHECK(f.sent() == frames{words("continuation", "b"), text("queued")});

    CHECK(f.c.send(piece(true, false, "c")) == errc{});
    f.receive(close_frame(1000));
    CHECK(f.sent() == frames{text("c") + " without FIN", close_words(1000)});
  }

  TEST_CASE("5.5.1, 6.1: nothing is sent unless the connection is open, whoever closed it") {
    fixture by_us;
    by_us.c.close({});
    check_all_refused(by_us);
    CHECK(by_us.sent().size() == 1);

    fixture by_the_server;
    by_the_server.receive(close_frame(1000));
    check_all_refused(by_the_server);
    CHECK(by_the_server.sent().size() == 1);

    fixture failed;
    failed.receive(text_frame("\xff"));
    check_all_refused(failed);
    CHECK(failed.sent().size() == 1);

    fixture dropped;
    dropped.c.receive_end({}, true);
    check_all_refused(dropped);

    fixture abandoned;
    abandoned.c.abandon(std::make_error_code(std::errc::io_error));
    check_all_refused(abandoned);
  }

  TEST_CASE("5.5.2: a ping behind the server's Close is not answered; one before it is") {
    fixture f;
    f.receive(ping_frame("before"), close_frame(1000), ping_frame("behind"));
    f.receive(ping_frame("later"));
    CHECK(f.sent() == frames{words("pong", "before"), close_words(1000)});
  }
}
