#include "../../lib/client/client_timer.hpp"

#include "../behavior/support.hpp"

#include <wsx/testing/virtual_clock.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/executor_work_guard.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// The client's clock and timer: as Asio's where time is the machine's, and by hand where it is not.

namespace {

using namespace behavior_test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using wsx::detail::client_clock;
using wsx::detail::client_timer;
using wsx::testing::virtual_clock;

static_assert(sizeof(client_timer) <= sizeof(asio::steady_timer) + sizeof(void*));

// A context whose time is virtual, and what happened there.
struct fixture {
  asio::io_context io;
  wsx::strand strand = wsx::as_strand(io.get_executor());
  virtual_clock clock{io};
  lines seen;

  client_clock time() { return client_clock(io.get_executor()); }

  // Writes down how a wait ended.
  auto note(std::string name) {
    return [this, name = std::move(name)](std::error_code error) {
      seen.push_back(error == asio::error::operation_aborted ? name + " canceled" : name);
    };
  }
};

struct timer : client_timer {
  explicit timer(fixture& f) : client_timer(f.strand, f.time()) {}
};

// As a client has one: with the strand.
struct timer_of_its_own {
  explicit timer_of_its_own(asio::io_context& io)
      : strand(wsx::as_strand(io.get_executor())), timer(strand, client_clock(io.get_executor())) {}

  const wsx::strand strand;
  client_timer timer;
};

// Counts those that are there.
struct counted {
  explicit counted(int* alive) : alive_(alive) { ++*alive_; }
  counted(const counted& other) : counted(other.alive_) {}
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive_; }

 private:
  int* alive_;
};

}  // namespace

TEST_SUITE("client/client_timer: client_clock") {
  TEST_CASE("without a virtual clock, the machine's") {
    asio::io_context io;
    const client_clock clock(io.get_executor());
    CHECK(clock.time() == nullptr);
    const auto before = std::chrono::steady_clock::now();
    const auto seen = clock.now();
    CHECK(before <= seen);
    CHECK(seen <= std::chrono::steady_clock::now());
  }

  TEST_CASE("with one, what that says; whatever is around the executor") {
    fixture f;
    const client_clock plain(f.io.get_executor());
    const client_clock on_strand{asio::any_io_executor(wsx::as_strand(f.io.get_executor()))};
    for (const auto& clock : {plain, on_strand}) {
      CHECK(clock.now() == f.clock.now());
      f.clock.advance(hours(1));
      CHECK(clock.now() == f.clock.now());
    }
  }

  TEST_CASE("a virtual clock of another context does not count") {
    fixture f;
    asio::io_context other;
    CHECK(client_clock(other.get_executor()).time() == nullptr);
  }
}

TEST_SUITE("client/client_timer: the machine's clock") {
  TEST_CASE("due, canceled, set anew") {
    asio::io_context io;
    const wsx::strand strand = wsx::as_strand(io.get_executor());
    client_timer t(strand, client_clock());
    CHECK(t.clock().time() == nullptr);
    std::vector<std::error_code> seen;
    const auto note = [&](std::error_code error) { seen.push_back(error); };
    t.expires_at(client_timer::time_point());
    CHECK(t.expiry() == client_timer::time_point());
    t.async_wait(note);
    CHECK(seen.empty());
    CHECK(run_out(io));
    CHECK(seen == std::vector<std::error_code>{{}});
    t.expires_after(hours(1));
    t.async_wait(note);
    t.expires_after(client_timer::duration::max());
    CHECK(t.expiry() == client_timer::time_point::max());
    t.async_wait(note);
    t.cancel();
    CHECK(run_out(io));
    CHECK(seen == std::vector<std::error_code>{
                      {}, asio::error::operation_aborted, asio::error::operation_aborted});
  }
}

TEST_SUITE("client/client_timer: a virtual clock") {
  TEST_CASE("completes when time was moved so far, and not before") {
    fixture f;
    timer t(f);
    t.expires_after(minutes(10));
    CHECK(t.expiry() == f.clock.now() + minutes(10));
    t.async_wait(f.note("due"));
    poll(f.io);
    f.clock.advance(minutes(10) - nanoseconds(1));
    poll(f.io);
    CHECK(f.seen.empty());
    f.clock.advance(nanoseconds(1));
    CHECK(f.seen.empty());  // not within the call
    poll(f.io);
    CHECK(f.seen == lines{"due"});
  }

  TEST_CASE("one that is due completes without that time moves, but not within the call") {
    fixture f;
    timer t(f);
    t.expires_at(f.clock.now());
    t.async_wait(f.note("now"));
    CHECK(f.seen.empty());
    poll(f.io);
    t.expires_at(client_timer::time_point::min());
    t.async_wait(f.note("long ago"));
    CHECK(run_out(f.io));
    CHECK(f.seen == lines{"now", "long ago"});
  }

  TEST_CASE("in the order of what is due, then of the waits") {
    fixture f;
    timer a(f), b(f), c(f), d(f);
    a.expires_after(minutes(3));
    b.expires_after(minutes(1));
    c.expires_after(minutes(2));
    d.expires_after(minutes(1));
    a.async_wait(f.note("a"));
    d.async_wait(f.note("d"));
    b.async_wait(f.note("b"));
    c.async_wait(f.note("c"));
    f.clock.advance(minutes(3));
    CHECK(run_out(f.io));
    CHECK(f.seen == lines{"d", "b", "c", "a"});
  }

  TEST_CASE("several waits of one timer") {
    fixture f;
    timer t(f);
    t.expires_after(minutes(1));
    t.async_wait(f.note("first"));
    t.async_wait(f.note("second"));
    f.clock.advance(minutes(1));
    t.async_wait(f.note("third"));
    CHECK(run_out(f.io));
    CHECK(f.seen == lines{"first", "second", "third"});
  }

  TEST_CASE("cancel, and setting it anew") {
    fixture f;
    timer t(f);
    t.expires_after(minutes(1));
    t.async_wait(f.note("first"));
    t.cancel();
    poll(f.io);
    CHECK(f.seen == lines{"first canceled"});
    t.async_wait(f.note("second"));
    t.expires_after(minutes(5));
    poll(f.io);
    CHECK(f.seen.back() == "second canceled");
    t.async_wait(f.note("third"));
    f.clock.advance(minutes(4));
    poll(f.io);
    CHECK(f.seen.size() == 2);
    f.clock.advance(minutes(1));
    CHECK(run_out(f.io));
    CHECK(f.seen.back() == "third");
    t.cancel();
    CHECK(run_out(f.io));
    CHECK(f.seen.size() == 3);
  }

  TEST_CASE("canceled or set anew too late: what was due is due") {
    fixture f;
    timer a(f), b(f);
    a.expires_after(minutes(1));
    b.expires_after(minutes(1));
    a.async_wait(f.note("a"));
    b.async_wait(f.note("b"));
    f.clock.advance(minutes(1));
    a.cancel();
    b.expires_after(minutes(1));
    b.async_wait(f.note("again"));
    poll(f.io);
    CHECK(f.seen == lines{"a", "b"});
    f.clock.advance(minutes(1));
    CHECK(run_out(f.io));
    CHECK(f.seen == lines{"a", "b", "again"});
  }

  TEST_CASE("canceled, set anew and destroyed by another's handler") {
    fixture f;
    timer a(f), b(f);
    auto c = std::make_unique<timer>(f);
    b.expires_after(minutes(2));
    c->expires_after(minutes(2));
    b.async_wait(f.note("b"));
    c->async_wait(f.note("c"));
    a.expires_after(minutes(1));
    a.async_wait([&](std::error_code) {
      b.cancel();
      c.reset();
      a.expires_after(minutes(1));
      a.async_wait(f.note("a"));
    });
    f.clock.advance(minutes(1));
    poll(f.io);
    CHECK(f.seen == lines{"b canceled", "c canceled"});
    f.clock.advance(minutes(1));
    CHECK(run_out(f.io));
    CHECK(f.seen.back() == "a");
  }

  TEST_CASE("destroyed by the handler of its own wait, which owns it") {
    fixture f;
    auto t = std::make_shared<timer>(f);
    t->expires_after(minutes(1));
    t->async_wait([t, note = f.note("due")](std::error_code error) mutable {
      t.reset();
      note(error);
    });
    t.reset();
    f.clock.advance(minutes(1));
    CHECK(run_out(f.io));
    CHECK(f.seen == lines{"due"});
  }

  TEST_CASE("a wait is work: the loop does not run out of it") {
    fixture f;
    timer t(f);
    t.expires_after(minutes(1));
    t.async_wait(f.note("due"));
    poll(f.io);
    CHECK(!f.io.stopped());
    t.cancel();
    poll(f.io);
    CHECK(f.io.stopped());
  }

  TEST_CASE("the longest delay never") {
    fixture f;
    timer t(f);
    t.expires_after(client_timer::duration::max());
    CHECK(t.expiry() == client_timer::time_point::max());
    t.async_wait(f.note("due"));
    f.clock.advance(hours(24 * 365));
    poll(f.io);
    CHECK(f.seen.empty());
  }

  TEST_CASE("handlers are called on the strand, those of canceled waits if asked for") {
    fixture f;
    const wsx::strand strand = wsx::as_strand(f.io.get_executor());
    client_timer t(strand, f.time());
    std::vector<bool> within;
    const auto note = [&](std::error_code) { within.push_back(strand.running_in_this_thread()); };
    t.expires_after(minutes(1));
    t.async_wait(note);
    t.async_wait_due(note);
    f.clock.advance(minutes(1));
    CHECK(run_out(f.io));
    CHECK(within == std::vector{true, true});
    t.expires_after(minutes(1));
    t.async_wait_due(note);
    t.cancel();
    CHECK(run_out(f.io));
    CHECK(within.size() == 2);
    t.async_wait(note);
    t.cancel();
    CHECK(run_out(f.io));
    CHECK(within == std::vector{true, true, true});
  }

  TEST_CASE("the context goes first: the handler is destroyed, with what it owns, and not called") {
    for (const bool due : {false, true}) {
      CAPTURE(due);
      int alive = 0;
      bool called = false;
      auto io = std::make_unique<asio::io_context>();
      virtual_clock clock(*io);
      auto t = std::make_shared<timer_of_its_own>(*io);
      t->timer.expires_after(minutes(1));
      t->timer.async_wait([&called, t, here = counted(&alive)](std::error_code) { called = true; });
      const std::weak_ptr<timer_of_its_own> left = t;
      t.reset();
      if (due) clock.advance(minutes(1));
      io.reset();
      CHECK(alive == 0);
      CHECK(left.expired());
      CHECK(!called);
      clock.advance(minutes(1));
      CHECK(!clock.next_due());
    }
  }

  TEST_CASE("moved by one thread, set by another, which runs the loop") {
    fixture f;
    timer t(f), other(f);
    auto work = asio::make_work_guard(f.io);
    std::atomic<bool> enough{false};
    int rounds = 0;
    std::function<void(std::error_code)> again = [&](std::error_code error) {
      if (!error && ++rounds == 1000) {
        enough = true;
        other.cancel();
        return work.reset();
      }
      other.expires_after(hours(1000));  // every other time while it waits
      other.async_wait([](std::error_code) {});
      t.expires_after(minutes(rounds % 3));
      t.async_wait(again);
      if (rounds % 2 == 0) other.cancel();
    };
    again(asio::error::operation_aborted);
    std::thread loop([&] { f.io.run(); });
    while (!enough) {
      f.clock.advance(minutes(1));
      std::this_thread::yield();
    }
    loop.join();
    CHECK(rounds == 1000);
  }
}
