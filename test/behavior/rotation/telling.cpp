#include "telling.hpp"

#include "../callbacks/coroutine_handler.hpp"

#include <asio/error.hpp>

#include <memory>

// What a handler is told of a connection that replaces another, and what the two of them send.

namespace {

using namespace rotation_test;
using behavior_test::coroutine_handlers::gate;

struct waits {
  std::shared_ptr<gate> doors;
  lines seen{};

  asio::awaitable<void> handle_connect(const wsx::connection_info& info, wsx::session& s) {
    if (info.number == 1) co_return;
    s.send(wsx::text{"welcome"});
    if (doors) co_await doors->wait();
  }
  asio::awaitable<void> handle_frame(wsx::text t) {
    seen.emplace_back(t.payload);
    if (t.payload == "wait") co_await doors->wait();
  }
};

}  // namespace

TEST_SUITE("behavior/rotation/telling") {
  TEST_CASE("attempts and connections are told in order, with their numbers and reasons") {
    lines log;
    telling_fixture f(log);
    std::vector<wsx::connection_info> greeted;
    f.handler().greet = [&](const wsx::connection_info& info, wsx::session&) {
      greeted.push_back(info);
      return wsx::ok();
    };
    memory_peer old = f.open();
    log.clear();
    f.server.refuse(asio::error::connection_refused);
    f.let_pass(age);
    f.server.refuse({});
    f.let_pass(seconds(1));
    memory_peer next = f.next_open();
    answer_close(old, f.io);
    REQUIRE(log.size() == 5);
    CHECK(log[0].starts_with("attempt 1 at ws://server"));
    CHECK(log[1].starts_with("failed 1: "));
    CHECK(log[2].starts_with("attempt 2 at ws://server"));
    CHECK(log[3] == "connected 2");
    CHECK(log[4] == "ended 1, another stays: local sent received");
    REQUIRE(greeted.size() == 1);
    CHECK(greeted[0].attempt == 2);
    CHECK(greeted[0].status == 101);
    CHECK(greeted[0].url == f.server.url());
    CHECK(!greeted[0].headers.empty());
    CHECK(f.client->connection().status == 101);
  }

  TEST_CASE("a failure says with which host") {
    struct reads {
      std::string said{};
      void handle_frame(wsx::text) {}
      void handle_event(const wsx::event::attempt_failed& e) {
        said = e.reason.diagnostics.message;
      }
    };
    client_fixture<reads> f({}, rotating());
    memory_peer old = f.open();
    f.server.refuse(asio::error::connection_refused);
    f.let_pass(age);
    CHECK(f.handler().said.starts_with("cannot connect to server:80: "));
  }

  TEST_CASE("the age of the new connection begins when it opens, not when the old one ends") {
    client_fixture<numbering> f({}, rotating());
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next_open();
    f.let_pass(minutes(4));
    answer_close(old, f.io);
    f.let_pass(age - minutes(4) - seconds(1));
    CHECK(f.server.accepted() == 2);
    f.let_pass(seconds(1));
    CHECK(f.server.accepted() == 3);
  }

  TEST_CASE("frames are counted when the new connection ends, too") {
    client_fixture<numbering> f({}, rotating());
    memory_peer old = f.open();
    const auto before = f.client->stats().frames_sent;
    auto one = f.client->make_sender();
    CHECK(one.try_send(begins("unfinished")));
    poll(f.io);
    f.let_pass(age);
    memory_peer next = f.next_open();
    CHECK(frames_of(next) == lines{"text \"hello\""});
    next.fail_reads(make_error_code(std::errc::connection_reset));
    poll(f.io);
    CHECK(f.client->stats().frames_sent == before + 2);
  }

  TEST_CASE("what the handler sends first goes first, also if the server has written already") {
    client_fixture<numbering> f({}, rotating());
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next();
    next.accept();
    next.write(ping_frame("early"));
    poll(f.io);
    CHECK(frames_of(next) == lines{"text \"hello\"", "pong \"early\""});
  }

  TEST_CASE("a flood on the old connection does not end with a rest") {
    client_fixture<numbering> f({}, rotating());
    auto [old, one, next] = hold_rotation(f);
    for (int i = 0; i < 40; ++i) old.write(text_frame(std::string(50'000, 'x')));
    old.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(f.handler().texts.size() == 42);
  }

  TEST_CASE(
      "while handle_connect waits, what it has sent is written, also if the old one is full") {
    client_fixture<waits> f({nullptr}, rotating());
    f.handler().doors = std::make_shared<gate>(f.io);
    memory_peer old = f.open();
    old.allow_write(3);
    CHECK(f.client->try_send(wsx::text{std::string(300'000, 'x')}));
    poll(f.io);
    f.let_pass(age);
    memory_peer next = f.next_open();
    CHECK(frames_of(next) == lines{"text \"welcome\""});
    f.handler().doors->open();
    poll(f.io);
  }

  TEST_CASE("while a callback waits, the other connection writes and keeps itself alive") {
    client_fixture<waits> f({nullptr}, rotating().set(&wsx::options::ping_interval, seconds(20)));
    memory_peer old = f.open();
    auto one = f.client->make_sender();
    CHECK(one.try_send(begins("unfinished")));
    poll(f.io);
    while (f.server.accepted() == 1) {
      f.let_pass(seconds(10));
      frames_of(old);
      old.write(pong_frame(""));
      old.write(text_frame("alive"));
      poll(f.io);
    }
    memory_peer next = f.next();
    next.allow_write(3);
    next.accept();
    poll(f.io);
    f.handler().doors = std::make_shared<gate>(f.io);
    say(f, old, "wait");
    CHECK(f.handler().seen.back() == "wait");
    next.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(frames_of(next) == lines{"text \"welcome\""});
    f.let_pass(seconds(20));
    CHECK(frames_of(next).size() == 1);  // a ping
    f.handler().doors->open();
    poll(f.io);
  }
}
