#include "connection_fixture.hpp"

using namespace connection_test;

namespace {

// Everything that a server may say, and the events of it.
std::string conversation() {
  return wire(text_frame("whole"), unfinished(text_frame("h\xc3")), ping_frame("p"),
              continuation_frame("", false), pong_frame(), continuation_frame("\xa9", true),
              binary_frame(std::string(130, 'b')), ping_frame(std::string(125, 'q')),
              text_frame(""));
}

const std::string events_of_conversation =
    "text whole; pong ; text h\xc3\xa9; binary " + std::string(130, 'b') + "; text ; ";

std::string receive_cut(fixture& f, const chunks& input) {
  std::string words;
  for (const auto chunk : input) words += f.receive(chunk);
  return words;
}

// Each input dies with the next: only pieces that end with a frame are whole events.
void check_conversation(const chunks& input) {
  fixture f;
  CHECK(receive_cut(f, input) == events_of_conversation);
  CHECK(f.sent() == frames{words("pong", "p"), words("pong", "q") + " * 125"});
  CHECK(f.c.take_messages_received() == 4);
  CHECK(f.c.take_messages_received() == 0);
}

struct fault {
  std::string bytes;
  errc error;
  std::uint16_t code;
  std::string told;  // by the Close frame
  std::string detail;
};

server_frame with_rsv(server_frame frame, std::uint8_t rsv) {
  frame.rsv = rsv;
  return frame;
}

void check_fault(const fault& wrong, wsx::options o = calm()) {
  CAPTURE(wrong.error);
  fixture f(std::move(o));
  CHECK(f.receive(wire(text_frame("before")) + wrong.bytes + wire(text_frame("after"))) ==
        "text before; ");
  CHECK(f.reason().origin == close_origin::error);
  CHECK(f.reason().error == wrong.error);
  CHECK(f.reason().requested == close_code_for(wrong.error));
  CHECK(f.reason().diagnostics.detail == wrong.detail);
  CHECK(f.c.closing());
  CHECK(!f.c.over());
  CHECK(f.sent() == frames{close_words(wrong.code, wrong.told)});
  CHECK(f.receive(text_frame("more")) == "");
}

}  // namespace

TEST_SUITE("protocol/connection: receiving") {
  TEST_CASE("events come in order, whatever pieces the input comes in") {
    const std::string bytes = conversation();
    check_conversation({bytes});
    check_conversation(protocol_test::cut_bytewise(bytes));
    for (std::size_t i = 1; i < bytes.size(); ++i) {
      CAPTURE(i);
      const std::string_view all = bytes;
      check_conversation({all.substr(0, i), all.substr(i)});
    }
    std::mt19937 random(1);
    for (int i = 0; i < 50; ++i) check_conversation(protocol_test::cut_at_random(bytes, random));
  }

  TEST_CASE("a message in pieces, as they come") {
    fixture f(calm(), pieces);
    CHECK(f.receive(wire(unfinished(text_frame("a")), ping_frame(),
                         continuation_frame("b", false))) == "text first a; text b; ");
    CHECK(f.c.take_messages_received() == 0);
    CHECK(f.receive(wire(continuation_frame("", true), binary_frame("c"))) ==
          "text  last; binary first c last; ");
    CHECK(f.c.take_messages_received() == 2);
    CHECK(f.sent() == frames{words("pong", "")});
  }

  TEST_CASE("without pace all of an input is given out, whatever is replied") {
    fixture f(calm().set(&wsx::options::max_reply_bytes, 100));
    f.hand(wire(text_frame("1"), text_frame("2"), text_frame("3")));
    REQUIRE(f.c.next() == event::text);
    CHECK(f.send(std::string(100, 'x')) == errc{});
    CHECK(f.take_all() == "text 2; text 3; ");
    CHECK(!f.c.has_input());
  }

  TEST_CASE("nothing is to be looked at before the first input, and behind the last event") {
    fixture f;
    CHECK(f.take_all() == "");
    CHECK(f.c.payload().empty());
    f.receive(text_frame("a"));
    CHECK(f.c.payload().empty());
  }

  TEST_CASE("the rest of a large message is best read to its place") {
    const std::string payload(300'000, 'x');
    const std::string bytes = wire(text_frame(payload));
    fixture f;
    CHECK(f.c.next_read_buffer().empty());
    f.receive(std::string_view(bytes).substr(0, 200'000));
    const auto place = f.c.next_read_buffer();
    REQUIRE(place.size() == bytes.size() - 200'000);
    std::ranges::copy(as_bytes(bytes).subspan(200'000), place.begin());
    f.c.receive(place, f.now);
    REQUIRE(f.c.next() == event::text);
    CHECK(as_chars(f.c.payload()) == payload);
    CHECK(static_cast<const void*>(f.c.payload().data() + 200'000 - 10) == place.data());
    CHECK(f.take_all() == "");
    CHECK(f.c.next_read_buffer().empty());
  }
}

TEST_SUITE("protocol/connection: pings of the server") {
  TEST_CASE("RFC 6455 5.5.2: each is answered, with its payload, in order") {
    fixture f;
    CHECK(f.receive(wire(ping_frame("1"), ping_frame(), ping_frame("3"))) == "");
    CHECK(f.c.take_answered());
    CHECK(!f.c.take_answered());
    CHECK(f.sent() == frames{words("pong", "1"), words("pong", ""), words("pong", "3")});
    f.receive(text_frame("a"));
    CHECK(!f.c.take_answered());
  }

  TEST_CASE("who wants them answers them") {
    fixture f(calm(), pings);
    CHECK(f.receive(wire(ping_frame("1"), text_frame("a"))) == "ping 1; text a; ");
    CHECK(!f.c.take_answered());
    CHECK(f.sent().empty());
    CHECK(f.c.send(outgoing_frame(wsx::pong{"1"})) == errc{});
    CHECK(f.sent() == frames{words("pong", "1")});
  }

  TEST_CASE("RFC 6455 5.5.3: a pong that nobody asked for is given out") {
    fixture f;
    CHECK(f.receive(pong_frame("unasked")) == "pong unasked; ");
    CHECK(!f.latency);
    CHECK(f.c.open());
  }
}

TEST_SUITE("protocol/connection: what is refused") {
  TEST_CASE("RFC 6455 7.4.1: a text or binary message that nobody takes is refused with 1003") {
    fixture f(calm(), no_text);
    CHECK(f.receive(wire(binary_frame("a"), text_frame("b"), binary_frame("c"))) == "binary a; ");
    CHECK(f.reason().error == errc::unsupported_data);
    CHECK(f.reason().diagnostics.detail.starts_with("text,"));
    CHECK(f.sent() == frames{close_words(1003, make_error_code(errc::unsupported_data).message())});

    fixture other(calm(), no_binary);
    CHECK(other.receive(wire(text_frame("a"), binary_frame("b"), text_frame("c"))) == "text a; ");
    CHECK(other.reason().requested == close_code::unsupported_data);
    CHECK(other.reason().diagnostics.detail.starts_with("binary,"));
  }

  TEST_CASE("not in pieces: who takes those takes both") {
    fixture f(calm(), {.how = delivery::fragments, .text = false, .binary = false});
    CHECK(f.receive(wire(text_frame("a"), binary_frame("b"))) ==
          "text first a last; binary first b last; ");
  }

  TEST_CASE("RFC 6455 7.1.7: what breaks a rule is answered with its code, and why") {
    const auto told = [](errc why) { return make_error_code(why).message(); };
    auto masked = text_frame("a");
    masked.mask = wsx::testing::mask_key{1, 2, 3, 4};
    auto long_form = text_frame("a");
    long_form.form = length_form::bits_16;
    auto half_code = close_frame();
    half_code.payload = "x";
    for (const fault& wrong : {
             fault{wire(with_rsv(text_frame("a"), rsv1)), errc::reserved_bits, 1002, "", "RSV1"},
             fault{wire(server_frame{.opcode = 0x3}), errc::reserved_opcode, 1002, "", "0x3"},
             fault{wire(masked), errc::masked_frame, 1002, "", ""},
             fault{wire(unfinished(ping_frame())), errc::fragmented_control, 1002, "", "a ping"},
             fault{wire(ping_frame(std::string(126, 'x'))), errc::control_too_long, 1002, "",
                   "a ping"},
             fault{wire(long_form), errc::invalid_length, 1002, "", "1 in 16 bits"},
             fault{wire(half_code), errc::bad_close_payload, 1002, "", ""},
             fault{wire(close_frame(1005)), errc::bad_close_code, 1002, "", "1005"},
             fault{wire(text_frame("\xff")), errc::invalid_utf8, 1007, "", "in a text message"},
         }) {
      fault complete = wrong;
      complete.told = told(wrong.error);
      check_fault(complete);
    }
  }

  TEST_CASE("RFC 6455 5.4: fragments out of order are told as servers know it") {
    check_fault({wire(continuation_frame("x", true)), errc::unexpected_continuation, 1002,
                 "Endpoint sent a continuation frame without starting a fragment", ""});
    check_fault({wire(unfinished(text_frame("a")), text_frame("b")), errc::expected_continuation,
                 1002, "Endpoint tried to start a fragment without finishing another", ""});
  }

  TEST_CASE("RFC 6455 10.4: what is over a limit is refused with 1009") {
    const auto told = [](errc why) { return make_error_code(why).message(); };
    check_fault({wire(text_frame("123456789")), errc::frame_too_big, 1009,
                 told(errc::frame_too_big), "9 bytes, max_frame_size is 8"},
                calm().set(&wsx::options::max_frame_size, 8));
    check_fault({wire(text_frame("123456789")), errc::message_too_big, 1009,
                 told(errc::message_too_big), "9 bytes, max_message_size is 8"},
                calm().set(&wsx::options::max_message_size, 8));
    check_fault(
        {wire(unfinished(text_frame("1")), continuation_frame("2", false)),
         errc::too_many_fragments, 1009, told(errc::too_many_fragments), "max_fragments is 1"},
        calm().set(&wsx::options::max_fragments, 1));
  }

  TEST_CASE("what was replied before goes first, and nothing of producers") {
    fixture f;
    f.queue("queued");
    f.hand(wire(text_frame("a"), ping_frame("p"), text_frame("\xff")));
    REQUIRE(f.c.next() == event::text);
    CHECK(f.send("reply to a") == errc{});
    CHECK(f.take_all() == "");
    CHECK(f.sent() == frames{words("pong", "p"), text("reply to a"),
                             close_words(1007, make_error_code(errc::invalid_utf8).message())});
    CHECK(f.c.send(outgoing_frame(wsx::text{"more"})) == errc::closing);
  }
}

TEST_SUITE("protocol/connection: sending") {
  TEST_CASE("frames go out in order, whatever the transport takes at once") {
    for (const std::size_t at_once : {1u, 3u, 1000u}) {
      fixture f;
      CHECK(f.send("one") == errc{});
      CHECK(f.c.send(outgoing_frame(wsx::binary{std::string_view("two")})) == errc{});
      CHECK(f.c.send(outgoing_frame(wsx::ping{"p"})) == errc{});
      CHECK(f.sent(at_once) == frames{text("one"), words("binary", "two"), words("ping", "p")});
      CHECK(f.c.data_to_send(f.now).empty());
    }
  }

  TEST_CASE("RFC 6455 5.4, 5.5, 5.6: what is against the rules is not sent") {
    fixture f;
    const auto piece = [](bool first, bool last, std::string_view payload) {
      return outgoing_frame(wsx::fragment{opcode::text, first, last, as_bytes(payload)});
    };
    CHECK(f.send("\xff") == errc::invalid_text);
    CHECK(f.c.send(outgoing_frame(wsx::ping{std::string(126, 'p')})) ==
          errc::control_payload_too_long);
    CHECK(f.c.send(piece(false, true, "b")) == errc::fragment_out_of_order);
    CHECK(f.c.send(piece(true, false, "a")) == errc{});
    CHECK(f.send("between") == errc::fragment_out_of_order);
    CHECK(f.c.send(outgoing_frame(wsx::pong{"between"})) == errc{});
    CHECK(f.c.send(piece(false, true, "b")) == errc{});
    CHECK(f.sent() ==
          frames{text("a") + " without FIN", words("pong", "between"), words("continuation", "b")});
  }

  TEST_CASE("beyond max_reply_bytes nothing is sent, until some have gone") {
    fixture f(calm().set(&wsx::options::max_reply_bytes, 1000));
    CHECK(f.send(std::string(900, 'a')) == errc{});
    CHECK(!f.c.congested());
    CHECK(f.send(std::string(5000, 'b')) == errc{});  // the last one may exceed it
    CHECK(f.c.congested());
    CHECK(!f.c.wants_read());
    CHECK(f.send("c") == errc::queue_full);
    CHECK(f.sent().size() == 2);
    CHECK(!f.c.congested());
    CHECK(f.c.wants_read());
    CHECK(f.send("c") == errc{});
    CHECK(f.sent() == frames{text("c")});
  }

  TEST_CASE("a fragment that found no room was not begun") {
    fixture f(calm().set(&wsx::options::max_reply_bytes, 10));
    CHECK(f.send("123456") == errc{});
    const wsx::fragment begun{opcode::text, true, false, as_bytes("a")};
    CHECK(f.c.send(outgoing_frame(begun)) == errc::queue_full);
    f.write();
    CHECK(f.send("whole") == errc{});
  }

  TEST_CASE("an observer is told of what arrives") {
    struct : connection_observer {
      std::string words{};
      bool goes_on = true;
      bool arrived(event kind, const incoming& input) override {
        words += in_words(kind, static_cast<const connection&>(input));
        return goes_on;
      }
      void took(opcode op, wsx::bytes_view payload) override {
        words += op == opcode::close ? "close " : "ping ";
        words += std::string(as_chars(payload)) + "; ";
      }
      void answered(std::chrono::nanoseconds) override { words += "answered; "; }
      void closing() override { words += "closing; "; }
    } told;
    fixture f;
    f.c.observe(told);
    f.receive(text_frame("a"), ping_frame("p"), pong_frame());
    CHECK(std::exchange(told.words, {}) == "ping p; ");

    // If asked for, it is told each event, and may end them.
    f.hand(wire(text_frame("b"), ping_frame("p"), text_frame("c"), text_frame("d")));
    f.c.tell_each();
    CHECK(f.c.next() == event::text);
    CHECK(std::exchange(told.words, {}) == "text b; ");
    CHECK(f.c.next() == event::text);
    CHECK(std::exchange(told.words, {}) == "ping p; text c; ");
    told.goes_on = false;
    CHECK(f.c.next() == event::need_input);
    CHECK(std::exchange(told.words, {}) == "text d; ");

    f.c.close({.code = close_code{4000}, .reason = {}});
    CHECK(std::exchange(told.words, {}) == "closing; ");
    f.receive(ping_frame("late"), close_frame(1000, "b"));
    CHECK(told.words ==
          "close \x03\xe8"
          "b; ");
  }
}
