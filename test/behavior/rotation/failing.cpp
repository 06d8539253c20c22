#include "support.hpp"

#include <asio/error.hpp>

#include <functional>
#include <stdexcept>

// A new connection that fails, and an old one that does while it is being replaced.

namespace {

using namespace rotation_test;

// Does what the test wants when it is told of a connection.
struct greeter {
  std::function<wsx::action(const wsx::connection_info&, wsx::session&)> greet{};
  lines disconnects{};
  lines attempts{};
  std::vector<wsx::close_reason> ends{};
  wsx::disconnect_decision decide = wsx::reconnect();

  wsx::action handle_connect(const wsx::connection_info& info, wsx::session& s) {
    return greet && info.number > 1 ? greet(info, s) : wsx::action();
  }
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    disconnects.push_back(wsx::to_string(d.reason.origin));
    return decide;
  }
  void handle_event(const wsx::event::attempt_failed& e) {
    attempts.push_back(std::to_string(e.number) + " " + e.reason.error.message());
  }
  void handle_event(const wsx::event::disconnected& e) {
    attempts.push_back("connection " + std::to_string(e.number) + " ended" +
                       (e.still_connected ? ", not the client's last" : ""));
    ends.push_back(e.reason);
  }
};

using fixture = client_fixture<greeter>;

}  // namespace

TEST_SUITE("behavior/rotation/failing") {
  TEST_CASE("while no other can be opened, the old one stays, and the delays grow to a minute") {
    fixture f({}, rotating());
    memory_peer old = f.open();
    f.server.refuse(asio::error::connection_refused);
    f.let_pass(age);
    CHECK(!f.handler().attempts.empty());
    CHECK(works(f, old));
    f.let_pass(seconds(1));  // the bound of the first delay; each is random
    REQUIRE(f.handler().attempts.size() >= 2);
    CHECK(f.handler().attempts[1].starts_with("2 "));
    f.let_pass(minutes(2));
    CHECK(f.handler().attempts.size() >= 5);  // 1 + 2 + 4 + 8 + 16 + 32 seconds, or sooner
    const auto before = f.handler().attempts.size();
    f.let_pass(minutes(60));
    const auto in_an_hour = f.handler().attempts.size() - before;
    CHECK(in_an_hour >= 60);
    CHECK(in_an_hour < 300);  // half a minute each on average
    CHECK(works(f, old));
    f.server.refuse({});
    f.let_pass(minutes(1));
    memory_peer next = f.next_open();
    CHECK(works(f, next));
    CHECK(f.handler().disconnects.empty());
  }

  TEST_CASE("a server that says nothing is given up after the usual time") {
    fixture f({}, rotating().set(&wsx::options::handshake_timeout, seconds(5)));
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer silent = f.next();
    f.let_pass(seconds(4));
    CHECK(f.handler().attempts.empty());
    f.let_pass(seconds(1));
    CHECK(f.handler().attempts ==
          lines{"1 " + make_error_code(wsx::errc::handshake_timeout).message()});
    CHECK(silent.client_closed());
    CHECK(works(f, old));
  }

  TEST_CASE("one that is closed at once is no replacement") {
    fixture f({}, rotating());
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next();
    next.accept();
    next.write(close_frame(1013));
    next.close();
    poll(f.io);
    // Whether it was greeted first or not, the client has a connection that works.
    f.let_pass(seconds(1));
    CHECK(f.server.accepted() == 3);
    CHECK(!f.ended.done());
  }

  TEST_CASE("handle_connect can close it") {
    fixture f({}, rotating());
    f.handler().greet = [](const wsx::connection_info&, wsx::session&) {
      return wsx::close(wsx::close_code(4000));
    };
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next_open();
    CHECK(frames_of(next) == lines{"close 4000 \"\""});
    CHECK(works(f, old));
    answer_close(next, f.io);
    CHECK(f.handler().attempts == lines{"connection 2 ended, not the client's last"});
    f.handler().greet = {};
    f.let_pass(seconds(1));
    memory_peer third = f.next_open();
    CHECK(works(f, third));
    answer_close(old, f.io);
    CHECK(f.handler().attempts.back() == "connection 1 ended, not the client's last");
    CHECK(f.handler().ends.back().normal());
    CHECK(f.handler().ends.back().origin == wsx::close_origin::local);
    CHECK(f.handler().disconnects.empty());
  }

  TEST_CASE("handle_connect throws: as any callback that does") {
    for (const bool goes_on : {false, true}) {
      CAPTURE(goes_on);
      fixture f({}, rotating().set(&wsx::options::reconnect_after_exception, goes_on));
      f.handler().greet = [](const wsx::connection_info&, wsx::session&) -> wsx::action {
        throw std::runtime_error("no greeting");
      };
      memory_peer old = f.open();
      old.discard_written();
      f.let_pass(age);
      memory_peer next = f.next_open();
      CHECK(frames_of(next) == lines{"close 1011 \"\""});
      if (goes_on) {
        CHECK(works(f, old));
      } else {
        CHECK(frames_of(old) == lines{"close 1011 \"\""});
      }
      answer_close(next, f.io);
      if (goes_on) continue;
      answer_close(old, f.io);
      CHECK(f.ended.failed(wsx::errc::handler_failed));
      CHECK(f.handler().disconnects.empty());
    }
  }

  TEST_CASE("the old one breaks while the client connects: the handler decides") {
    fixture f({}, rotating());
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer half = f.next();
    old.close();
    poll(f.io);
    CHECK(half.client_closed());
    CHECK(f.handler().disconnects == lines{"remote"});
    CHECK(f.handler().attempts.size() == 2);
    memory_peer third = f.next_open();
    CHECK(works(f, third));
    f.let_pass(age);
    memory_peer fourth = f.next_open();
    CHECK(works(f, fourth));
  }

  TEST_CASE("the old one breaks when there is another: that takes its place") {
    const std::string unfinished(300'000, 'x');
    fixture f({}, rotating());
    memory_peer old = f.open();
    old.allow_write(1000);  // so that it can't be closed in order
    CHECK(f.client->try_send(wsx::text{unfinished}));
    CHECK(f.client->try_send(wsx::text{"queued"}));
    poll(f.io);
    f.let_pass(age);
    memory_peer next = f.next_open();
    CHECK(next.discard_written() == 0);
    old.fail_reads(make_error_code(std::errc::connection_reset));
    poll(f.io);
    CHECK(f.handler().disconnects.empty());
    CHECK(f.handler().attempts == lines{"connection 1 ended, not the client's last"});
    const auto frame = next.take_frame();
    REQUIRE(frame);
    CHECK(frame->payload == unfinished);  // from its beginning
    CHECK(frames_of(next) == lines{"text \"queued\""});
    CHECK(works(f, next));
    f.let_pass(age);
    CHECK(f.server.accepted() == 3);
  }

  TEST_CASE("the old server closes while there is another: that takes its place") {
    fixture f({}, rotating());
    auto [old, one, next] = hold_rotation(f);
    old.write(close_frame(1012));
    old.close();
    poll(f.io);
    CHECK(f.handler().disconnects.empty());
    CHECK(works(f, next));
    std::error_code refused;
    CHECK(!one.try_send(ends("message"), refused));
    CHECK(refused == wsx::errc::fragment_out_of_order);
  }

  TEST_CASE("frames are dropped with the old one if the client drops them on a disconnect") {
    fixture f({}, rotating().set(&wsx::options::drop_unsent_on_disconnect, true));
    memory_peer old = f.open();
    old.allow_write(3);
    CHECK(f.client->try_send(wsx::text{"first"}));
    CHECK(f.client->try_send(wsx::text{"second"}));
    poll(f.io);
    f.let_pass(age);
    memory_peer next = f.next_open();
    old.fail_reads(make_error_code(std::errc::connection_reset));
    poll(f.io);
    CHECK(frames_of(next).empty());
    CHECK(works(f, next));
  }

  TEST_CASE(
      "a connection that is closing when it is due is not replaced, and does not wait busily") {
    fixture f({}, rotating().set(&wsx::options::close_timeout, hours(2)));
    f.handler().decide = wsx::reconnect_after(age);
    memory_peer old = f.open();
    f.let_pass(age - seconds(1));
    old.write(close_frame(1001));
    poll(f.io);
    f.clock->advance(seconds(1));
    CHECK(settles(f.io));
    old.close();
    CHECK(settles(f.io));
    f.clock->advance(age);
    CHECK(settles(f.io));
    memory_peer next = f.next_open();
    f.let_pass(age - seconds(1));
    CHECK(f.server.accepted() == 2);
    f.let_pass(seconds(1));
    CHECK(f.server.accepted() == 3);
    CHECK(works(f, next));
  }

  TEST_CASE("a handler that closes the old one decides, as without another") {
    fixture f({}, rotating());
    auto [old, one, next] = hold_rotation(f);
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(frames_of(next) == lines{"close without a code"});
    old.close();
    poll(f.io);
    CHECK(next.client_closed());
    CHECK(f.ended.done());
  }
}
