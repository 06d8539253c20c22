#include "any_phase.hpp"

#include <csignal>
#include <string>
#include <utility>
#include <vector>

// What a handler asked to be told of reaches it in each phase from `connect` to `terminate`; what
// is for the connection waits for one.

namespace {

using namespace behavior_test;
using namespace behavior_test::any_phase;
using std::chrono::minutes;

// A client that ends when it is told, for another to hear of.
struct other_client {
  explicit other_client(asio::io_context& io) : client(io.get_executor()) {}

  struct quiet {
    void handle_frame(wsx::text) {}
  };
  memory_client<quiet> client;
};

lines& logged() {
  static lines all;
  return all;
}

// For as long as it lives what is logged can be looked at.
struct log_capture {
  log_capture() {
    logged().clear();
    wsx::set_log_sink([](std::string_view line) { logged().emplace_back(line); });
  }
  ~log_capture() { wsx::set_log_sink(nullptr); }
};

}  // namespace

TEST_SUITE("behavior/callbacks/any_phase") {
  TEST_CASE("post_after") {
    for (const phase p : all_phases) {
      CAPTURE(std::string(name_of(p)));
      fixture f;
      f.reach(p);
      f.client->post_after(minutes(1), note{1});
      f.client->post_after(minutes(1), urgent{2});
      poll(f.io);
      f.let_pass(minutes(1) - std::chrono::seconds(1));
      CHECK(!heard(f, "info 1"));
      f.let_pass(std::chrono::seconds(1));
      CHECK(heard(f, "info 1"));
      CHECK(heard(f, "urgent info 2"));
      CHECK(!f.ended.done());
    }
  }

  TEST_CASE(
      "post_after that was begun before connect is not heard of before that, but then at once") {
    fixture f;
    f.client->post_after(minutes(1), note{1});
    poll(f.io);
    f.let_pass(minutes(1));
    CHECK(f.seen.empty());
    f.reach(phase::connecting);
    CHECK(f.seen == lines{"info 1"});
  }

  TEST_CASE("a timer that a callback has set") {
    fixture f;
    f.on_info = [&](wsx::session& session) {
      if (f.count("info 1") == 1 && f.count("info 2") == 0)
        session.post_after(f.client->handler(), minutes(1), note{2});
      return wsx::ok();
    };
    f.reach(phase::handshaking);
    f.client->post_after(minutes(1), note{1});
    poll(f.io);
    f.let_pass(minutes(2));
    CHECK(f.seen == lines{"info 1", "info 2"});
  }

  TEST_CASE("a watched signal") {
    for (const phase p : all_phases) {
      CAPTURE(std::string(name_of(p)));
      fixture f;
      f.client->watch_signal(SIGUSR1);
      f.reach(p);
      std::raise(SIGUSR1);
      poll(f.io);
      CHECK(heard(f, "signal"));
      CHECK(!f.ended.done());
    }
  }

  TEST_CASE("down") {
    for (const phase p : all_phases) {
      CAPTURE(std::string(name_of(p)));
      fixture f;
      other_client other(f.io);
      f.client->monitor(other.client);
      f.reach(p);
      other.client.abort();
      poll(f.io);
      CHECK(heard(f, "down"));
      CHECK(!f.ended.done());
    }
  }

  TEST_CASE("casts and posts wait for a connection, in order") {
    for (const phase p : unconnected) {
      CAPTURE(std::string(name_of(p)));
      fixture f;
      f.reach(p);
      const lines before = f.seen;
      f.client->cast(note{1});
      f.client->post(note{2});
      f.client->cast(note{3});
      poll(f.io);
      f.let_pass(minutes(1));
      CHECK(f.seen == before);
      f.connect_at_last();
      CHECK(last(f, 3) == lines{"cast 1", "info 2", "cast 3"});
    }
  }

  TEST_CASE("but not those of a type for any phase, which overtake them") {
    for (const phase p : unconnected) {
      CAPTURE(std::string(name_of(p)));
      fixture f;
      f.reach(p);
      lines expected = f.seen;
      f.client->cast(note{1});
      f.client->cast(urgent{2});
      f.client->post(urgent{3});
      f.client->cast(note{4});
      poll(f.io);
      expected.insert(expected.end(), {"urgent cast 2", "urgent info 3"});
      CHECK(f.seen == expected);
      f.connect_at_last();
      CHECK(last(f, 2) == lines{"cast 1", "cast 4"});
      CHECK(f.count("urgent cast 2") == 1);
    }
  }

  TEST_CASE("session.post of a callback: as client.post") {
    fixture f;
    bool posted = false;
    f.on_info = [&](wsx::session& session) {
      if (!std::exchange(posted, true)) {
        session.post(f.client->handler(), note{2});
        session.post(f.client->handler(), urgent{3});
      }
      return wsx::ok();
    };
    f.reach(phase::handshaking);
    f.client->cast(urgent{1});
    poll(f.io);
    CHECK(f.seen == lines{"urgent cast 1", "urgent info 3"});
    f.connect_at_last();
    CHECK(last(f, 1) == lines{"info 2"});
  }

  TEST_CASE("on an open connection there is one order") {
    fixture f;
    f.reach(phase::open);
    f.client->cast(note{1});
    f.client->cast(urgent{2});
    f.client->post(note{3});
    f.client->post(urgent{4});
    poll(f.io);
    CHECK(f.seen == lines{"init", "connect", "cast 1", "urgent cast 2", "info 3", "urgent info 4"});
  }

  TEST_CASE("a reply without a connection is dropped, logged and counted") {
    for (const phase p : unconnected) {
      CAPTURE(std::string(name_of(p)));
      const log_capture capture;
      fixture f;
      f.on_info = [](wsx::session&) { return wsx::reply("a").reply("b"); };
      f.reach(p);
      f.client->cast(urgent{1});
      poll(f.io);
      CHECK(f.client->stats().replies_dropped == 2);
      CHECK(!logged().empty());
      f.on_info = {};
      memory_peer peer = f.connect_at_last();
      CHECK(frames_of(peer).empty());
      CHECK(f.client->stats().replies_dropped == 2);
      f.on_info = [](wsx::session&) { return wsx::reply("c"); };
      f.client->cast(urgent{2});
      poll(f.io);
      CHECK(frames_of(peer) == lines{"text \"c\""});
    }
  }

  TEST_CASE("a reply while the connection closes is dropped and counted") {
    fixture f;
    f.on_info = [](wsx::session&) { return wsx::reply("a").reply("b"); };
    f.reach(phase::closing);
    f.peer->discard_written();
    f.client->cast(urgent{1});
    poll(f.io);
    CHECK(heard(f, "urgent cast 1"));
    CHECK(f.client->stats().replies_dropped == 2);
    CHECK(f.peer->take_written().empty());
  }

  TEST_CASE("session.send without a connection says so") {
    for (const phase p : unconnected) {
      CAPTURE(std::string(name_of(p)));
      std::vector<std::error_code> errors;
      fixture f;
      f.on_info = [&](wsx::session& session) {
        errors.push_back(session.send(wsx::text{"a"}));
        return wsx::ok();
      };
      f.reach(p);
      f.client->cast(urgent{1});
      poll(f.io);
      CHECK(errors == std::vector<std::error_code>{wsx::errc::not_connected});
      CHECK(f.client->stats().replies_dropped == 0);
    }
  }

  TEST_CASE("a close without a connection ends the client, as client.close does") {
    for (const phase p : unconnected) {
      CAPTURE(std::string(name_of(p)));
      fixture expected("another");
      expected.reach(p);
      expected.client->close(expected.closed.token());
      poll(expected.io);
      REQUIRE(expected.closed.ok());
      for (const bool by_action : {true, false}) {
        CAPTURE(by_action);
        fixture f;
        f.on_info = [=](wsx::session& session) {
          if (by_action) return wsx::close();
          CHECK(!session.close());
          return wsx::ok();
        };
        f.reach(p);
        f.client->cast(urgent{1});
        poll(f.io);
        CHECK(f.ended.calls == 1);
        CHECK(f.ended.error == expected.ended.error);
        CHECK(f.ended.reason.origin == expected.ended.reason.origin);
        CHECK(f.ended.reason.normal() == expected.ended.reason.normal());
        CHECK(f.connected.calls == 1);
        CHECK(f.connected.error == expected.connected.error);
        CHECK(heard(f, "urgent cast 1"));
        std::erase(f.seen, "urgent cast 1");
        CHECK(f.seen == expected.seen);
        CHECK(last(f, 1) == lines{"terminate"});
      }
    }
  }

  TEST_CASE("nothing arrives once terminate has begun") {
    fixture f;
    f.reach(phase::pausing);
    f.client->post_after(minutes(1), note{1});
    f.client->post_after(minutes(2), note{2});
    poll(f.io);
    f.let_pass(minutes(1));
    f.client->abort();
    poll(f.io);
    f.let_pass(minutes(5));
    CHECK(last(f, 1) == lines{"terminate"});
    CHECK(f.count("info 1") == 1);
    CHECK(f.count("info 2") == 0);
  }
}
