#include "../../client/clock.hpp"
#include "../support.hpp"

#include <utility>

// Messages posted for later, and timers that outlive what they belong to.

namespace {

using namespace client_test;
using std::chrono::minutes;

struct listener {
  std::vector<int>* seen;
  wsx::timer* last;  // set by a frame: the timer that the handler started

  void handle_frame(wsx::text, wsx::session& s) { *last = s.post_after(*this, minutes(1), 100); }
  void handle_info(int number) { seen->push_back(number); }
};

struct fixture {
  std::vector<int> seen;
  wsx::timer last;
  world<listener> w{{&seen, &last}};
};

using numbers = std::vector<int>;

}  // namespace

TEST_SUITE("timer") {
  TEST_CASE("is due when its delay has passed, once and not before") {
    fixture f;
    f.w.open();
    f.w.client->post_after(minutes(10), 1);
    let_pass(f.w.io, minutes(9));
    CHECK(f.seen.empty());
    let_pass(f.w.io, minutes(1));
    CHECK(f.seen == numbers{1});
    let_pass(f.w.io, minutes(100));
    CHECK(f.seen == numbers{1});
  }

  TEST_CASE("several come in the order in which they are due") {
    fixture f;
    f.w.open();
    f.w.client->post_after(minutes(2), 2);
    f.w.client->post_after(minutes(3), 3);
    f.w.client->post_after(minutes(1), 1);
    let_pass(f.w.io, minutes(3));
    CHECK(f.seen == numbers{1, 2, 3});
  }

  TEST_CASE("after the longest delay never, after one below zero at once") {
    fixture f;
    f.w.open();
    auto never = f.w.client->post_after(std::chrono::steady_clock::duration::max(), 1);
    f.w.client->post_after(std::chrono::steady_clock::duration::min(), 2);
    poll(f.w.io);
    CHECK(f.seen == numbers{2});
    let_pass(f.w.io, std::chrono::hours(24));
    CHECK(f.seen == numbers{2});
    never.cancel();
    f.w.client->abort();
    CHECK(run_out(f.w.io));
    CHECK(f.seen == numbers{2});
  }

  TEST_CASE("canceled before it is due, and before it has even begun") {
    fixture f;
    f.w.open();
    auto later = f.w.client->post_after(minutes(1), 1);
    let_pass(f.w.io, minutes(0));
    later.cancel();
    f.w.client->post_after(minutes(1), 2).cancel();
    f.w.client->post_after(minutes(1), 3);
    let_pass(f.w.io, minutes(1));
    CHECK(f.seen == numbers{3});
    later.cancel();
    let_pass(f.w.io, minutes(1));
    CHECK(f.seen == numbers{3});
  }

  TEST_CASE("canceled after it was due: nothing happens, to nobody") {
    fixture f;
    f.w.open();
    auto timer = f.w.client->post_after(minutes(1), 1);
    f.w.client->post_after(minutes(2), 2);
    let_pass(f.w.io, minutes(1));
    CHECK(f.seen == numbers{1});
    timer.cancel();
    timer.cancel();
    let_pass(f.w.io, minutes(1));
    CHECK(f.seen == numbers{1, 2});
  }

  TEST_CASE("destroying one, or letting it stand for another, cancels nothing") {
    fixture f;
    f.w.open();
    { auto gone = f.w.client->post_after(minutes(1), 1); }
    auto timer = f.w.client->post_after(minutes(1), 2);
    timer = f.w.client->post_after(minutes(1), 3);
    const auto copy = timer;
    timer.cancel();
    let_pass(f.w.io, minutes(1));
    CHECK(f.seen == numbers{1, 2});
    wsx::timer none;
    none.cancel();
  }

  TEST_CASE("of a callback") {
    fixture f;
    memory_peer peer = f.w.open();
    peer.write(wsx::testing::text_frame("start"));
    poll(f.w.io);
    let_pass(f.w.io, minutes(1));
    CHECK(f.seen == numbers{100});
    peer.write(wsx::testing::text_frame("again"));
    poll(f.w.io);
    f.last.cancel();
    let_pass(f.w.io, minutes(1));
    CHECK(f.seen == numbers{100});
  }

  TEST_CASE("ends with its client, and does not keep the loop at work") {
    for (const bool destroyed : {true, false}) {
      CAPTURE(destroyed);
      fixture f;
      f.w.open();
      auto timer = f.w.client->post_after(std::chrono::hours(24), 1);
      poll(f.w.io);
      if (destroyed) f.w.client.reset();
      if (!destroyed) f.w.client->abort();
      CHECK(run_out(f.w.io));
      timer.cancel();
      CHECK(run_out(f.w.io));
      let_pass(f.w.io, std::chrono::hours(24));
      CHECK(f.seen.empty());
    }
  }

  TEST_CASE("outlives its client and the executor") {
    wsx::timer before;
    wsx::timer after;
    {
      fixture f;
      before = f.w.client->post_after(minutes(1), 1);
      f.w.open();
      after = f.w.client->post_after(minutes(1), 2);
    }
    before.cancel();
    after.cancel();
    const auto copy = std::move(after);
    after = copy;
    after.cancel();
  }
}
