#include "../callbacks/coroutine_handler.hpp"
#include "support.hpp"

#include <functional>
#include <memory>
#include <optional>

// options::max_connection_age: a connection is replaced by a new one before it is closed.

namespace {

using namespace rotation_test;
using behavior_test::coroutine_handlers::gate;

const lines only_close{"close 1000 \"\""};

// Every callback is a coroutine, and the second `handle_connect` waits.
struct slow_greeter {
  std::shared_ptr<gate> doors;
  lines seen{};

  asio::awaitable<void> handle_connect(const wsx::connection_info& info, wsx::session& s) {
    const auto number = std::to_string(info.number);
    seen.push_back("greeting " + number);
    if (info.number > 1) co_await doors->wait();
    s.send(wsx::text{"welcome"});
    seen.push_back("greeted " + std::to_string(s.connection().number));
  }
  asio::awaitable<wsx::action> handle_frame(wsx::text message, wsx::session& s) {
    const std::string payload(message.payload);
    seen.push_back(std::to_string(s.connection().number) + ": " + payload);
    co_return wsx::reply("got " + payload);
  }
};

// The client closes while its old connection is closing, and the new one has closed.
struct closing_late : client_fixture<numbering> {
  closing_late() : client_fixture({}, rotating()), old(open()) {
    let_pass(age);
    next = next_open();
    client->close(closed.token());
    poll(io);
    answer_close(*next, io);
  }

  memory_peer old;
  std::optional<memory_peer> next{};
  outcome closed{};
};

}  // namespace

TEST_SUITE("behavior/rotation/replacing") {
  TEST_CASE("the new connection is greeted before the old one is closed, in order") {
    client_fixture<numbering> f({}, rotating());
    memory_peer old = f.open();
    CHECK(frames_of(old) == lines{"text \"hello\""});
    f.let_pass(age - seconds(1));
    CHECK(f.server.accepted() == 1);
    f.let_pass(seconds(1));
    REQUIRE(f.server.accepted() == 2);
    memory_peer next = f.next();
    say(f, old, "a");  // before the new one's handshake is over
    CHECK(frames_of(old) == lines{"text \"got a\""});
    next.accept();
    poll(f.io);
    CHECK(frames_of(next) == lines{"text \"hello\""});
    CHECK(frames_of(old) == only_close);
    CHECK(works(f, next));
    answer_close(old, f.io);
    CHECK(old.client_closed());
    say(f, next, "b");
    CHECK(frames_of(next) == lines{"text \"got b\""});
    CHECK(f.handler().texts == lines{"connected 1", "1: a", "connected 2", "2: b"});
    CHECK(f.handler().disconnects.empty());
    CHECK(!f.ended.done());
    CHECK(f.client->stats().connects == 2);
    CHECK(f.client->stats().frames_sent == 6);  // Close included
  }

  TEST_CASE("each connection has its own age") {
    client_fixture<numbering> f({}, rotating());
    memory_peer first = f.open();
    f.let_pass(minutes(40));
    first.close();  // and so it is replaced otherwise
    poll(f.io);
    memory_peer second = f.next_open();
    f.let_pass(minutes(59));
    CHECK(f.server.accepted() == 2);
    f.let_pass(minutes(1));
    memory_peer third = f.next_open();
    answer_close(second, f.io);
    f.let_pass(minutes(59));
    CHECK(f.server.accepted() == 3);
    f.let_pass(minutes(1));
    memory_peer fourth = f.next_open();
    CHECK(works(f, fourth));
    answer_close(third, f.io);
    CHECK(f.handler().texts == lines{"connected 1", "connected 2", "connected 3", "connected 4"});
    CHECK(f.handler().disconnects == lines{"remote"});
  }

  TEST_CASE("the age is lower by a random part of the jitter") {
    auto o = rotating().set(&wsx::options::max_connection_age_jitter, minutes(30));
    std::vector<int> at{};
    for (int i = 0; i < 20; ++i) {
      client_fixture<numbering> f({}, o);
      memory_peer old = f.open();
      int passed = 0;
      for (; f.server.accepted() == 1 && passed <= 70; ++passed) f.let_pass(minutes(1));
      at.push_back(passed);
    }
    const auto [earliest, latest] = std::ranges::minmax(at);
    CHECK(earliest >= 30);
    CHECK(latest <= 60);
    CHECK(earliest < latest);  // unless all twenty fall into one minute of thirty
  }

  TEST_CASE("what the old server still says is handled, but can't be replied to") {
    client_fixture<numbering> f({}, rotating());
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next_open();
    old.discard_written();
    next.discard_written();
    say(f, old, "late");
    old.write(ping_frame("?"));
    say(f, next, "new");
    say(f, old, "later");
    answer_close(old, f.io);
    CHECK(f.handler().texts ==
          lines{"connected 1", "connected 2", "1: late", "2: new", "1: later"});
    CHECK(frames_of(old).empty());
    CHECK(frames_of(next) == lines{"text \"got new\""});
    CHECK(f.client->stats().replies_dropped == 2);
  }

  TEST_CASE("the server has close_timeout to answer") {
    auto o = rotating().set(&wsx::options::close_timeout, seconds(3));
    SUBCASE("silence") {
      client_fixture<numbering> f({}, o);
      memory_peer old = f.open();
      f.let_pass(age);
      memory_peer next = f.next_open();
      f.let_pass(seconds(2));
      CHECK(!old.client_closed());
      f.let_pass(seconds(1));
      CHECK(old.client_closed());
      CHECK(works(f, next));
    }
    SUBCASE("a server that goes on and on") {
      client_fixture<numbering> f({}, o);
      memory_peer old = f.open();
      f.let_pass(age);
      memory_peer next = f.next_open();
      for (int i = 0; i < 40 && !old.client_closed(); ++i) {
        old.write(text_frame("more"));
        f.let_pass(milliseconds(100));
      }
      CHECK(old.client_closed());
      CHECK(f.handler().texts.size() >= 30);
      CHECK(works(f, next));
    }
  }

  TEST_CASE("callbacks that are coroutines, one of which waits") {
    client_fixture<slow_greeter> f({nullptr}, rotating());
    f.handler().doors = std::make_shared<gate>(f.io);
    memory_peer old = f.open();
    say(f, old, "a");
    f.let_pass(age);
    memory_peer next = f.next_open();
    say(f, old, "b");  // another callback is running
    next.write(text_frame("c"));
    CHECK(f.client->try_send(wsx::text{"from outside"}));
    poll(f.io);
    CHECK(frames_of(old) == lines{"text \"welcome\"", "text \"got a\"", "text \"from outside\""});
    CHECK(frames_of(next).empty());
    f.handler().doors->open();
    poll(f.io);
    CHECK(frames_of(next) == lines{"text \"welcome\"", "text \"got c\""});
    CHECK(works(f, next));
    answer_close(old, f.io);
    say(f, next, "d");
    CHECK(f.handler().seen.size() == 8);
    CHECK(f.handler().seen[2] == "1: a");
    CHECK(f.handler().seen[3] == "greeting 2");
    CHECK(f.handler().seen[4] == "greeted 2");
    CHECK(f.handler().seen[7] == "2: d");
    f.client.reset();
    CHECK(run_out(f.io));
  }

  TEST_CASE("a client that ends leaves nothing behind") {
    auto at = std::make_shared<int>(0);
    for (int step = 0; step < 6; ++step) {
      CAPTURE(step);
      client_fixture<numbering> f({}, rotating());
      memory_peer old = f.open();
      f.let_pass(step == 0 ? age - seconds(1) : age);
      std::optional<memory_peer> next;
      if (step >= 2) {
        next = f.next_open();
        if (step == 3) answer_close(old, f.io);
      }
      if (step == 4) {
        outcome closed;
        f.client->close(closed.token());
        poll(f.io);
        CHECK(frames_of(*next).back() == "close without a code");
        next->write(close_frame());
        next->close();
        answer_close(old, f.io);
        CHECK(closed.ok());
        CHECK(f.ended.ok());
        CHECK(old.client_closed());
        continue;
      }
      if (step == 5) {
        f.client->abort();
        poll(f.io);
        CHECK(f.ended.failed(wsx::errc::aborted));
      }
      f.client.reset();
      poll(f.io);
      CHECK(old.client_closed());
      CHECK((!next || next->client_closed()));
      CHECK(run_out(f.io));
    }
  }

  TEST_CASE("the client closes while the old one still does: both close in order") {
    closing_late f;
    CHECK(!f.closed.done());
    CHECK(!f.old.client_closed());
    say(f, f.old, "late");
    CHECK(f.handler().texts.back() == "1: late");
    answer_close(f.old, f.io);
    CHECK(f.closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.old.client_closed());
    CHECK(f.next->client_closed());
    CHECK(run_out(f.io));
  }

  TEST_CASE("but no longer than close_timeout, and not if the client is aborted") {
    for (const bool aborted : {false, true}) {
      CAPTURE(aborted);
      closing_late f;
      if (aborted) f.client->abort();
      f.let_pass(aborted ? seconds(0) : minutes(5));
      CHECK(f.closed.done());
      CHECK(f.old.client_closed());
      CHECK(run_out(f.io));
    }
  }
}
