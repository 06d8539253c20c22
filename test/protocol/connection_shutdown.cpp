#include "connection_fixture.hpp"

using namespace connection_test;

namespace {

constexpr auto delivered = connection::late_input::delivered;
const close_payload bye{close_code::normal, "bye"};

}  // namespace

TEST_SUITE("protocol/connection_shutdown: closing, but going on to receive") {
  TEST_CASE("RFC 6455 1.4: what the server sends before its own Close still counts") {
    fixture f;
    f.queue("queued");
    f.send("staged");
    CHECK(f.c.close(bye, delivered) == std::error_code());
    CHECK(f.c.closing());
    CHECK(f.c.open());
    CHECK(!f.c.may_send());
    CHECK(f.send("too late") == errc::closing);
    CHECK(f.c.close({}) == errc::closing);
    CHECK(f.c.close({}, delivered) == errc::closing);
    CHECK(f.sent() == frames{text("staged"), text("queued"), close_words(1000, "bye")});
    CHECK(f.receive(text_frame("a"), ping_frame("?"), binary_frame("b")) == "text a; binary b; ");
    CHECK(f.sent().empty());  // nothing follows a Close
    CHECK(f.receive(wire(text_frame("c"), close_frame(1000), text_frame("d"))) == "text c; ");
    CHECK(!f.c.open());
    CHECK(f.sent().empty());
    f.c.receive_end({}, true);
    CHECK(f.c.over());
    CHECK(f.reason().origin == close_origin::local);
    CHECK(f.reason().sent == close_code::normal);
    CHECK(f.reason().received == close_code::normal);
    CHECK(f.reason().text == "bye");
    CHECK(f.reason().clean);
  }

  TEST_CASE("the server has close_timeout, however much it sends") {
    for (const bool talks : {false, true}) {
      CAPTURE(talks);
      fixture f(calm().set(&wsx::options::close_timeout, 5s));
      CHECK(f.c.close(bye, delivered) == std::error_code());
      f.sent();
      f.let_pass(4s);
      CHECK(f.receive(text_frame("a")) == "text a; ");
      CHECK(!f.c.timed_out());
      f.let_pass(2s);
      CHECK(f.c.timed_out());
      CHECK(!f.c.over());  // it gets one more look
      if (talks) {
        CHECK(f.receive(text_frame("b")) == "text b; ");
      } else {
        f.receive_nothing();
      }
      CHECK(f.c.over());
      CHECK(f.reason().origin == close_origin::local);
      CHECK(f.reason().error == errc::close_timeout);
    }
  }

  TEST_CASE("no keepalive: nothing could be sent") {
    fixture f(pinging().set(&wsx::options::close_timeout, 60s));
    CHECK(f.c.close(bye, delivered) == std::error_code());
    CHECK(f.sent().size() == 1);
    f.let_pass(50s);
    CHECK(f.sent().empty());
    CHECK(!f.c.timed_out());
  }

  TEST_CASE("a violation is told, though the Close has gone") {
    fixture f;
    CHECK(f.c.close(bye, delivered) == std::error_code());
    f.sent();
    CHECK(f.receive("\xff\xff\xff") == "");
    CHECK(!f.c.open());
    f.c.receive_end({}, true);
    CHECK(f.reason().origin == close_origin::error);
    CHECK(f.reason().error == wsx::condition::protocol_violation);
  }

  TEST_CASE("a server that just ends, and one that breaks") {
    fixture f;
    CHECK(f.c.close(bye, delivered) == std::error_code());
    f.sent();
    SUBCASE("ends") {
      f.c.receive_end({}, true);
    }
    SUBCASE("breaks") {
      f.c.receive_end(std::make_error_code(std::errc::io_error), false);
    }
    SUBCASE("is abandoned") {
      f.c.abandon(std::make_error_code(std::errc::io_error));
      f.c.conclude();
    }
    CHECK(f.c.over());
    CHECK(f.reason().origin == close_origin::local);
    CHECK(!f.reason().clean);
  }

  TEST_CASE("a code that may not be sent is refused") {
    fixture f;
    CHECK(f.c.close({close_code{1005}, ""}, delivered) == errc::invalid_close_code);
    CHECK(f.c.may_send());
    CHECK(f.receive(text_frame("a")) == "text a; ");
  }
}
