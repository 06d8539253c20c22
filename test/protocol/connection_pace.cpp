#include "connection_fixture.hpp"

using namespace connection_test;

namespace {

// The input goes to another place, and the one before is gone.
void move(fixture& f) {
  f.c.keep_rest(f.kept);
  f.input.reset();
}

// All events of what is there, each after the input was moved.
std::string take_moving(fixture& f) {
  std::string events;
  do {
    move(f);
    f.c.pace(1);
    events += f.take_all();
  } while (f.c.has_input());
  return events;
}

// The events of `bytes`, cut in two; each half is moved between any two events.
std::string receive_moving(fixture& f, std::string_view bytes, std::size_t cut) {
  f.c.pace(0);
  f.hand(bytes.substr(0, cut));
  std::string events = cut > 0 ? take_moving(f) : "";
  f.c.pace(0);
  f.hand(bytes.substr(cut));
  return events + take_moving(f);
}

wsx::options bounded(std::chrono::milliseconds interval = 0ms) {
  return pinging(interval).set(&wsx::options::max_reply_bytes, 1000);
}

const std::string pangram =
    "The quick brown fox jumps over the lazy dog, and what does it say? Woof.";

// So much is unsent that nothing more is to be answered.
void congest(fixture& f) {
  REQUIRE(f.send(std::string(1000, 'x')) == errc{});
  REQUIRE(f.c.congested());
}

}  // namespace

TEST_SUITE("protocol/connection_pace: pace") {
  TEST_CASE("others have their turn after so many events") {
    fixture f;
    f.c.pace(2);
    CHECK(f.receive(wire(text_frame("1"), text_frame("2"), text_frame("3"))) == "text 1; text 2; ");
    CHECK(f.c.payload().empty());
    CHECK(f.c.has_input());
    CHECK(f.take_all() == "");
    move(f);
    CHECK(as_chars(f.kept.view()) == wire(text_frame("3")));
    f.c.pace(2);
    CHECK(f.take_all() == "text 3; ");
    CHECK(!f.c.has_input());
    move(f);  // of nothing
    CHECK(f.kept.empty());
  }

  TEST_CASE("what is answered within counts as well") {
    fixture f;
    f.c.pace(2);
    CHECK(f.receive(wire(ping_frame(), ping_frame(), ping_frame())) == "");
    CHECK(f.c.has_input());
    CHECK(f.sent().size() == 2);
  }

  TEST_CASE("nothing is left of a connection that is over") {
    fixture f;
    f.c.pace(1);
    f.receive(wire(text_frame("1"), text_frame("2")));
    REQUIRE(f.c.has_input());
    f.c.receive_end({}, true);
    CHECK(!f.c.has_input());
    CHECK(f.take_all() == "");
  }

  TEST_CASE("the input can be moved between any two events, wherever it is cut") {
    const std::string bytes =
        wire(text_frame("whole"), unfinished(text_frame("h\xc3")), ping_frame("p"),
             continuation_frame("\xa9", false), continuation_frame("!", true),
             binary_frame(std::string(130, 'b')), close_frame(4001));
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      CAPTURE(cut);
      fixture f;
      CHECK(receive_moving(f, bytes, cut) ==
            "text whole; text h\xc3\xa9!; binary " + std::string(130, 'b') + "; ");
      CHECK(f.reason().received == close_code{4001});
    }
  }

  TEST_CASE("also in the middle of a message that is being inflated") {
    server_deflater server;
    const auto long_one = std::string(70'000, 'x') + "end";
    const std::string bytes = wire(compressed(server, "one"), compressed(server, long_one),
                                   ping_frame(), compressed(server, "one"));
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      CAPTURE(cut);
      fixture f(compressing());
      CHECK(receive_moving(f, bytes, cut) == "text one; text " + long_one + "; text one; ");
    }
  }

  TEST_CASE("in pieces as well, each of which is inflated by itself") {
    server_deflater server;
    const auto long_one = std::string(70'000, 'x') + "end";
    const std::string bytes = wire(compressed(server, long_one), text_frame("after"));
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      CAPTURE(cut);
      fixture f(compressing(), pieces);
      std::string payload;
      f.c.pace(0);
      f.hand(std::string_view(bytes).substr(0, cut));
      bool second = false;
      for (int messages = 0; messages < 2;) {
        move(f);
        f.c.pace(1);
        if (f.c.next() == event::fragment) {
          payload += payload_of(f.c);
          messages += f.c.last();
        } else if (!f.c.has_input()) {
          REQUIRE(!second);
          second = true;
          f.c.pace(0);
          f.hand(std::string_view(bytes).substr(cut));
        }
      }
      CHECK(payload == long_one + "after");
    }
  }

  TEST_CASE("a message that inflates to much leaves others their turn in between") {
    server_deflater server;
    const std::string big(1'000'000, 'x');
    fixture f(compressing());
    f.c.pace(100);
    CHECK(f.receive(compressed(server, big)) == "");
    int turns = 1;
    std::string events;
    while (f.c.has_input()) {
      move(f);
      f.c.pace(100);
      events += f.take_all();
      ++turns;
    }
    CHECK(turns == 4);
    CHECK(events == "text " + big + "; ");
  }

  TEST_CASE("without pace it comes in one") {
    server_deflater server;
    const std::string big(1'000'000, 'x');
    fixture f(compressing());
    CHECK(f.receive(compressed(server, big)) == "text " + big + "; ");
  }
}

TEST_SUITE("protocol/connection_pace: replies that are not taken") {
  TEST_CASE("the reply that fills the bound ends what is given out") {
    fixture f(bounded());
    f.c.pace(10);
    f.hand(wire(text_frame("1"), text_frame("2")));
    REQUIRE(f.c.next() == event::text);
    congest(f);
    CHECK(f.take_all() == "");
    CHECK(f.c.has_input());
    CHECK(!f.c.wants_read());
    f.c.pace(10);
    CHECK(f.take_all() == "");
    f.write();
    f.c.pace(10);
    CHECK(f.take_all() == "text 2; ");
  }

  TEST_CASE("a server that takes nothing for ping_timeout is given up, with pings and without") {
    for (const auto interval : {0ms, 1ms * 20'000, 1ms * 3'600'000}) {
      CAPTURE(interval.count());
      fixture f(bounded(interval));
      f.let_pass(1h - 20s);
      f.write();
      f.receive(text_frame("alive"));
      congest(f);
      CHECK(f.due().value() <= 10s);
      f.let_pass(10s - 1ms);
      f.receive(text_frame("alive"));
      CHECK(!f.c.over());
      f.let_pass(1ms);
      CHECK(f.ended_by(errc::peer_not_reading));
      CHECK(f.reason().origin == close_origin::error);
      CHECK(f.c.timed_out());
    }
  }

  TEST_CASE("one that takes a little is not") {
    fixture f(bounded());
    congest(f);
    for (int i = 0; i < 5; ++i) {
      f.let_pass(9s);
      f.write(1);
    }
    f.let_pass(9s);
    f.c.writable(f.now);
    f.let_pass(9s);
    CHECK(f.c.open());
    f.let_pass(1s);
    CHECK(f.ended_by(errc::peer_not_reading));
  }

  TEST_CASE("nor one whose system still confirms bytes, with pings and without") {
    for (const auto interval : {0ms, 1ms * 1'000}) {
      CAPTURE(interval.count());
      fixture f(bounded(interval));
      congest(f);
      f.write(900);
      for (std::size_t left = 800; left > 0; left -= 100) {
        f.let_pass(10s, left);
        CHECK(f.c.open());
        CHECK(!f.c.timed_out());
      }
      f.let_pass(10s, 100);
      CHECK(f.c.timed_out());
    }
  }

  TEST_CASE("the look whether it still lives gives nothing out that could not be answered") {
    fixture f(bounded(20s));
    f.receive(text_frame("a"));
    f.let_pass(20s);
    f.write();
    f.let_pass(5s);
    congest(f);
    f.let_pass(5s);
    REQUIRE(f.c.timed_out());
    CHECK(f.c.wants_read());
    f.c.pace(10);
    CHECK(f.receive(text_frame("b")) == "");
    CHECK(!f.c.timed_out());
    CHECK(f.c.has_input());
    f.write();
    f.c.pace(10);
    CHECK(f.take_all() == "text b; ");
  }

  TEST_CASE("where input waits already, there is no such look, but the server is given up") {
    fixture f(bounded(20s));
    f.c.pace(1);
    f.receive(wire(text_frame("a"), text_frame("b")));
    f.let_pass(20s);
    f.write();
    f.let_pass(5s);
    congest(f);
    f.let_pass(5s);
    CHECK(!f.c.timed_out());
    CHECK(f.due() == 5s);
    f.let_pass(5s);
    CHECK(f.ended_by(errc::peer_not_reading));
  }

  TEST_CASE("nor can such a look be made once replies fill the bound") {
    fixture f(bounded(20s));
    f.c.pace(1);
    f.receive(wire(text_frame("a"), text_frame("b")));
    f.let_pass(20s);
    f.write();
    f.let_pass(10s);
    REQUIRE(f.c.timed_out());
    congest(f);
    f.let_pass(10s - 1ms);
    CHECK(f.c.open());
    f.let_pass(1ms);
    CHECK(f.ended_by(errc::peer_not_reading));
  }

  TEST_CASE("who closes does not wait for them") {
    fixture f(bounded());
    congest(f);
    f.c.close({});
    CHECK(f.c.wants_read());
    CHECK(f.due() == 5s);
  }
}

TEST_SUITE("protocol/connection_pace: compression") {
  TEST_CASE("RFC 7692 7.1.1: both ways, with context or without, as was agreed on") {
    for (const bool alone : {false, true}) {
      CAPTURE(alone);
      fixture f(compressing(), {},
                {.server_no_context_takeover = alone, .client_no_context_takeover = alone});
      server_deflater server;
      server_inflater client;
      std::vector<std::size_t> sizes;
      for (int i = 0; i < 2; ++i) {
        CHECK(f.receive(compressed(server, pangram)) == "text " + pangram + "; ");
        CHECK(f.send(pangram) == errc{});
        const auto frame = f.sent_alone();
        CHECK(frame.rsv == rsv1);
        CHECK(client.message(frame.payload) == pangram);
        sizes.push_back(frame.payload.size());
        if (!alone) continue;
        server.reset();
        client.reset();
      }
      CHECK((sizes[1] == sizes[0]) == alone);
    }
  }

  TEST_CASE("a ping waits for the frames of a large message, but not longer than for a while") {
    auto o = pinging(8s, 4s);
    o.deflate.emplace().level = 0;  // as large as it was
    fixture f(std::move(o));
    f.queue(std::string(3'000'000, 'x'), payloads::unmasked);
    std::string written = f.write(1'200'000, 50'000);
    f.receive(ping_frame("p"));
    f.let_pass(1s - 1ms);
    written += f.write(300'000, 50'000);
    const auto pong_in = [](std::string_view bytes) {
      while (const auto frame = decode_client_frame(bytes))
        if (frame->opcode == opcodes::pong) return true;
      return false;
    };
    CHECK(!pong_in(written));
    f.let_pass(1ms);
    written += f.write(1'000'000, 50'000);
    CHECK(pong_in(written));
  }

  TEST_CASE("the context outlives a time in which memory is given back") {
    fixture f(compressing());
    server_deflater server;
    const std::string message(200, 'm');
    CHECK(f.receive(compressed(server, message)) == "text " + message + "; ");
    f.let_pass(60s);
    CHECK(f.receive(compressed(server, message)) == "text " + message + "; ");
  }

  TEST_CASE("RFC 7692 7.2.2: what cannot be inflated is refused with 1007") {
    fixture f(compressing());
    auto frame = text_frame("\xff\xff\xff");
    frame.rsv = rsv1;
    CHECK(f.receive(frame) == "");
    CHECK(f.reason().error == errc::invalid_deflate_data);
    CHECK(f.reason().requested == close_code::invalid_payload);
  }

  TEST_CASE("RFC 6455 5.2: unless it was agreed on, the bit is refused") {
    fixture f;
    server_deflater server;
    f.receive(compressed(server, "a"));
    CHECK(f.reason().error == errc::reserved_bits);
  }
}
