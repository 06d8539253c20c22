#include "connection_fixture.hpp"

#include <stdexcept>

using namespace connection_test;

namespace {

const auto reset = std::make_error_code(std::errc::connection_reset);
const auto broken = std::make_error_code(std::errc::io_error);
const close_payload bye{close_code::normal, "bye"};

// What a server sends that has not stopped to talk.
std::string chatter() {
  return wire(text_frame("late"), ping_frame("late"), pong_frame(), binary_frame("late"));
}

void end(fixture& f) {
  f.c.receive_end({}, true);
}

}  // namespace

TEST_SUITE("protocol/connection_close: closing handshake") {
  TEST_CASE("RFC 6455 7.1.2: this side begins, behind all that is queued") {
    fixture f;
    f.queue("queued");
    f.send("staged");
    CHECK(!f.c.closing());
    CHECK(f.c.close(bye) == std::error_code());
    CHECK(f.c.closing());
    CHECK(!f.c.open());
    CHECK(f.c.take_answered());
    CHECK(f.sent() == frames{text("staged"), text("queued"), close_words(1000, "bye")});
    CHECK(f.receive(close_frame(1000)) == "");
    CHECK(!f.c.over());
    end(f);
    CHECK(f.c.over());
    CHECK(f.reason().origin == close_origin::local);
    CHECK(f.reason().sent == close_code::normal);
    CHECK(f.reason().received == close_code::normal);
    CHECK(f.reason().text == "bye");
    CHECK(f.reason().clean);
    CHECK(f.reason().normal());
  }

  TEST_CASE("RFC 6455 5.5.1: the server begins: it gets its code back, behind what was replied") {
    fixture f;
    f.queue("queued");
    f.hand(wire(text_frame("a"), close_frame(4001, "why"), text_frame("b")));
    REQUIRE(f.c.next() == event::text);
    f.send("reply");
    CHECK(f.take_all() == "");
    CHECK(f.c.take_answered());
    CHECK(f.sent() == frames{text("reply"), close_words(4001)});
    CHECK(f.c.data_to_send(f.now).empty());
    end(f);
    CHECK(f.reason().origin == close_origin::remote);
    CHECK(f.reason().received == close_code{4001});
    CHECK(f.reason().sent == close_code{4001});
    CHECK(f.reason().text == "why");
    CHECK(f.reason().clean);
    CHECK(!f.reason().normal());
  }

  TEST_CASE("a Close without a code is answered by one without a code") {
    fixture f;
    f.receive(close_frame());
    CHECK(f.sent() == frames{"close without a code"});
    end(f);
    CHECK(!f.reason().received);
    CHECK(f.reason().clean);
    CHECK(f.reason().normal());
  }

  TEST_CASE("both at once: each has sent Close before it got the other's") {
    fixture f;
    f.c.close(bye);
    CHECK(f.sent() == frames{close_words(1000, "bye")});
    f.receive(close_frame(1001, "going"));
    CHECK(f.sent().empty());
    end(f);
    CHECK(f.reason().origin == close_origin::local);
    CHECK(f.reason().received == close_code::going_away);
    CHECK(f.reason().sent == close_code::normal);
    CHECK(f.reason().clean);
  }

  TEST_CASE(
      "if ours was not written yet, the server gets its answer instead, and no queued frame") {
    fixture f;
    f.queue("queued");
    f.c.close(bye);
    f.receive(close_frame(1001));
    CHECK(f.sent() == frames{close_words(1001)});
    end(f);
    CHECK(f.reason().origin == close_origin::local);
    CHECK(f.reason().sent == close_code::going_away);
  }

  TEST_CASE("what the transport has to be given stays, even our Close") {
    fixture f;
    f.send("staged");
    f.c.close(bye);
    const std::string all(as_chars(f.c.data_to_send(f.now)));
    f.c.sent(3, f.now, all.size() - 3);
    f.receive(close_frame(1001));
    const std::string written = all.substr(0, 3) + f.write();
    CHECK(written == all);
    CHECK(decode(written) == frames{text("staged"), close_words(1000, "bye")});
    end(f);
    CHECK(f.reason().sent == close_code::normal);
  }

  TEST_CASE("and not more: what could be taken back of it is") {
    fixture f;
    f.send("staged");
    f.c.close(bye);
    const std::string all(as_chars(f.c.data_to_send(f.now)));
    f.c.sent(3, f.now, 4);
    f.receive(close_frame(1001));
    const std::string written = all.substr(0, 3) + f.write();
    CHECK(written.substr(0, 7) == all.substr(0, 7));
    CHECK(decode(written) == frames{text("staged"), close_words(1001)});
  }

  TEST_CASE("RFC 6455 1.4: once closing has begun nothing is given out, or answered") {
    fixture f;
    f.c.close(bye);
    f.hand(chatter());
    CHECK(!f.c.has_input());
    CHECK(f.take_all() == "");
    CHECK(f.c.take_messages_received() == 0);
    CHECK(f.sent() == frames{close_words(1000, "bye")});
    CHECK(!f.latency);
  }

  TEST_CASE("nor what is behind the message whose callback closes") {
    fixture f;
    f.hand(wire(text_frame("a"), text_frame("b"), close_frame(1000)));
    REQUIRE(f.c.next() == event::text);
    f.c.close(bye);
    CHECK(payload_of(f.c) == "a");
    CHECK(f.take_all() == "");
    CHECK(f.reason().received == close_code::normal);
  }

  TEST_CASE("the server's Close is found, however the input is cut") {
    const std::string bytes =
        wire(unfinished(text_frame("begun")), ping_frame(), continuation_frame("", true)) +
        chatter() + wire(close_frame(4001));
    for (std::size_t i = 0; i <= bytes.size(); ++i) {
      CAPTURE(i);
      fixture f;
      f.c.close(bye);
      f.receive(std::string_view(bytes).substr(0, i));
      f.receive(std::string_view(bytes).substr(i));
      CHECK(f.reason().received == close_code{4001});
    }
  }

  TEST_CASE("even if closing began in the middle of an input that was left to others") {
    const std::string bytes = wire(text_frame("a"), text_frame("b")) + wire(close_frame(4001));
    enum class look { next, discard_rest, receive, receive_nothing };
    for (const auto how : {look::next, look::discard_rest, look::receive, look::receive_nothing}) {
      for (std::size_t i = 4; i < bytes.size(); ++i) {
        CAPTURE(i);
        fixture f;
        f.c.pace(1);
        CHECK(f.receive(std::string_view(bytes).substr(0, i)) == "text a; ");
        f.c.close(bye);
        CHECK(!f.c.has_input());
        if (how == look::next) CHECK(f.take_all() == "");
        if (how == look::discard_rest) f.c.discard_rest();
        if (how == look::receive_nothing) f.receive_nothing();
        if (how != look::receive) f.input.reset();
        f.receive(std::string_view(bytes).substr(i));
        CHECK(f.reason().received == close_code{4001});
      }
    }
  }

  TEST_CASE("RFC 6455 5.5.1: what comes behind Close is discarded, even if it is no WebSocket") {
    fixture f;
    f.receive(close_frame(1000));
    CHECK(f.receive(wire(text_frame("\xff"), close_frame(4001))) == "");
    CHECK(f.receive("HTTP/1.1 400 Bad Request\r\n\r\n") == "");
    CHECK(f.sent() == frames{close_words(1000)});
    end(f);
    CHECK(f.reason().received == close_code::normal);
    CHECK(f.reason().error == std::error_code());
    CHECK(f.reason().clean);
  }

  TEST_CASE("who breaks a rule while this side closes is not told so") {
    fixture f;
    f.c.close(bye);
    CHECK(f.receive(wire(text_frame("\xff"), close_frame(1000))) == "");
    CHECK(f.sent() == frames{close_words(1000, "bye")});
    CHECK(f.reason().origin == close_origin::local);
    CHECK(!f.reason().received);
  }

  TEST_CASE("what a producer queued is no longer sent when the server has closed") {
    fixture f;
    f.queue(std::string(1000, 'x'));
    std::string written = f.write(100);  // this frame is under way
    f.queue("never");
    f.receive(close_frame(1000));
    written += f.write();
    CHECK(decode(written) == frames{text('x', 1000), close_words(1000)});
  }
}

TEST_SUITE("protocol/connection_close: what closing refuses") {
  TEST_CASE("RFC 6455 7.4: a code or reason that may not be sent; nothing has begun then") {
    fixture f;
    CHECK(f.c.close({close_code{1005}, ""}) == errc::invalid_close_code);
    CHECK(f.c.close({close_code::normal, std::string(124, 'x')}) == errc::control_payload_too_long);
    CHECK(f.c.close({close_code::normal, "\xff"}) == errc::invalid_text);
    CHECK(f.c.open());
    CHECK(!f.c.closing());
    CHECK(f.sent().empty());
    CHECK(f.c.close({}) == std::error_code());
    CHECK(f.sent() == frames{"close without a code"});
  }

  TEST_CASE("whatever comes second") {
    fixture f;
    f.c.close(bye);
    CHECK(f.c.close(bye) == errc::closing);
    CHECK(f.send("late") == errc::closing);
    f.c.fail(errc::handler_failed);
    CHECK(f.reason().origin == close_origin::local);
    CHECK(f.sent() == frames{close_words(1000, "bye")});
  }
}

TEST_SUITE("protocol/connection_close: failing") {
  TEST_CASE("RFC 6455 7.1.7: behind what was sent, with the code that the error stands for") {
    fixture f;
    f.queue("queued");
    f.send("reply");
    f.c.fail(errc::handler_failed, std::make_exception_ptr(std::runtime_error("secret")), "detail");
    CHECK(f.sent() == frames{text("reply"), close_words(1011)});
    CHECK(f.reason().origin == close_origin::error);
    CHECK(f.reason().error == errc::handler_failed);
    CHECK(f.reason().exception);
    CHECK(f.reason().diagnostics.detail == "detail");
    f.receive(close_frame(1011));
    end(f);
    CHECK(f.reason().error == errc::handler_failed);
    CHECK(f.reason().clean);
    CHECK(!f.reason().normal());
  }
}

TEST_SUITE("protocol/connection_close: the end of the transport") {
  TEST_CASE("without a Close: the server has dropped the connection") {
    fixture f;
    f.c.receive_end({}, true);
    CHECK(f.ended_by(errc::connection_dropped));
    CHECK(f.reason().origin == close_origin::remote);
    CHECK(!f.reason().clean);
    CHECK(!f.c.closing());
    CHECK(!f.c.wants_read());
    CHECK(!f.c.may_write());
    CHECK(f.send("late") == errc::closing);
  }

  TEST_CASE("by a reset, or by what broke on this side") {
    fixture f;
    f.c.receive_end(reset, false);
    CHECK(f.ended_by(errc::connection_dropped));
    CHECK(f.reason().diagnostics.detail == reset.message());
    fixture other;
    other.c.receive_end(broken, false, "a detail");
    CHECK(other.ended_by(broken));
    CHECK(other.reason().origin == close_origin::error);
    CHECK(other.reason().diagnostics.detail == "a detail");
  }

  TEST_CASE("only the first call counts") {
    fixture f;
    f.c.receive_end({}, true);
    f.c.receive_end(broken, false);
    f.c.conclude();
    CHECK(f.ended_by(errc::connection_dropped));

    fixture closed;
    closed.c.close(bye);
    closed.write();
    closed.receive(close_frame(1000));
    closed.c.receive_end(broken, false);
    end(closed);
    CHECK(!closed.reason().clean);
  }

  TEST_CASE("nothing that comes behind it is given out, or changes why") {
    fixture f;
    f.c.receive_end(broken, false);
    CHECK(f.receive(wire(text_frame("a"), close_frame(4001))) == "");
    CHECK(!f.c.has_input());
    CHECK(f.reason().error == broken);
    CHECK(!f.reason().received);
    CHECK(!f.c.closing());
    CHECK(!f.due());
  }

  TEST_CASE("nor what had come before, and was not looked at yet") {
    fixture f;
    f.hand(wire(text_frame("a"), close_frame(4001)));
    REQUIRE(f.c.next() == event::text);
    f.c.receive_end(broken, false);
    CHECK(f.take_all() == "");
    CHECK(!f.reason().received);
    CHECK(!f.c.closing());
  }

  TEST_CASE("in the middle of the closing handshake: not clean") {
    fixture f;
    f.c.close(bye);
    f.write();
    end(f);
    CHECK(f.c.closing());
    CHECK(f.reason().origin == close_origin::local);
    CHECK(f.reason().error == std::error_code());
    CHECK(!f.reason().clean);
  }

  TEST_CASE("our Close was not taken: it was not sent") {
    fixture f;
    f.c.close(bye);
    f.write(3);
    f.receive(close_frame(1000));
    end(f);
    CHECK(!f.reason().sent);
    CHECK(f.reason().requested == close_code::normal);
    CHECK(!f.reason().clean);
  }

  TEST_CASE("who abandons it has an end at once, and a reason when it asks for one") {
    fixture f;
    f.hand(wire(text_frame("a"), text_frame("b"), close_frame(4001)));
    REQUIRE(f.c.next() == event::text);
    f.c.abandon(std::make_error_code(std::errc::not_enough_memory));
    CHECK(f.c.over());
    CHECK(!f.c.open());
    CHECK(!f.c.may_write());
    CHECK(!f.due());
    CHECK(payload_of(f.c) == "a");
    CHECK(f.take_all() == "");
    CHECK(f.receive(text_frame("c")) == "");
    CHECK(f.send("late") == errc::closing);
    CHECK(f.c.close(bye) == errc::closing);
    f.c.fail(errc::handler_failed);
    CHECK(!f.c.closing());
    f.c.conclude();
    CHECK(f.ended_by(std::make_error_code(std::errc::not_enough_memory)));
    fixture untouched;
    untouched.c.conclude();
    CHECK(!untouched.c.over());
    CHECK(untouched.c.open());
  }
}
