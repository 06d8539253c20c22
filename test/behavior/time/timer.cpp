#include "../support.hpp"

#include <utility>

// Messages posted for later, and timers that outlive what they belong to.

namespace {

using namespace behavior_test;
using std::chrono::minutes;

struct listener {
  std::vector<int>* seen;
  wsx::timer* last;  // set by a frame: the timer that the handler started

  void handle_frame(wsx::text, wsx::session& s) { *last = s.post_after(*this, minutes(1), 100); }
  void handle_info(int number) { seen->push_back(number); }
};

struct record {
  std::vector<int> seen;
  wsx::timer last;
};

struct fixture : record, client_fixture<listener> {
  fixture() : client_fixture({&seen, &last}) {}
};

using numbers = std::vector<int>;

}  // namespace

TEST_SUITE("behavior/time/timer") {
  TEST_CASE("is due when its delay has passed, once and not before") {
    fixture f;
    f.open();
    f.client->post_after(minutes(10), 1);
    f.let_pass(minutes(9));
    CHECK(f.seen.empty());
    f.let_pass(minutes(1));
    CHECK(f.seen == numbers{1});
    f.let_pass(minutes(100));
    CHECK(f.seen == numbers{1});
  }

  TEST_CASE("several come in the order in which they are due") {
    fixture f;
    f.open();
    f.client->post_after(minutes(2), 2);
    f.client->post_after(minutes(3), 3);
    f.client->post_after(minutes(1), 1);
    f.let_pass(minutes(3));
    CHECK(f.seen == numbers{1, 2, 3});
  }

  TEST_CASE("after the longest delay never, after one below zero at once") {
    fixture f;
    f.open();
    auto never = f.client->post_after(std::chrono::steady_clock::duration::max(), 1);
    f.client->post_after(std::chrono::steady_clock::duration::min(), 2);
    poll(f.io);
    CHECK(f.seen == numbers{2});
    f.let_pass(std::chrono::hours(24));
    CHECK(f.seen == numbers{2});
    never.cancel();
    f.client->abort();
    CHECK(run_out(f.io));
    CHECK(f.seen == numbers{2});
  }

  TEST_CASE("canceled before it is due, and before it has even begun") {
    fixture f;
    f.open();
    auto later = f.client->post_after(minutes(1), 1);
    f.let_pass(minutes(0));
    later.cancel();
    f.client->post_after(minutes(1), 2).cancel();
    f.client->post_after(minutes(1), 3);
    f.let_pass(minutes(1));
    CHECK(f.seen == numbers{3});
    later.cancel();
    f.let_pass(minutes(1));
    CHECK(f.seen == numbers{3});
  }

  TEST_CASE("canceled after it was due: nothing happens, to nobody") {
    fixture f;
    f.open();
    auto timer = f.client->post_after(minutes(1), 1);
    f.client->post_after(minutes(2), 2);
    f.let_pass(minutes(1));
    CHECK(f.seen == numbers{1});
    timer.cancel();
    timer.cancel();
    f.let_pass(minutes(1));
    CHECK(f.seen == numbers{1, 2});
  }

  TEST_CASE("destroying one, or letting it stand for another, cancels nothing") {
    fixture f;
    f.open();
    { auto gone = f.client->post_after(minutes(1), 1); }
    auto timer = f.client->post_after(minutes(1), 2);
    timer = f.client->post_after(minutes(1), 3);
    const auto copy = timer;
    timer.cancel();
    f.let_pass(minutes(1));
    CHECK(f.seen == numbers{1, 2});
    wsx::timer none;
    none.cancel();
  }

  TEST_CASE("of a callback") {
    fixture f;
    memory_peer peer = f.open();
    peer.write(wsx::testing::text_frame("start"));
    poll(f.io);
    f.let_pass(minutes(1));
    CHECK(f.seen == numbers{100});
    peer.write(wsx::testing::text_frame("again"));
    poll(f.io);
    f.last.cancel();
    f.let_pass(minutes(1));
    CHECK(f.seen == numbers{100});
  }

  TEST_CASE("ends with its client, and does not keep the loop at work") {
    for (const bool destroyed : {true, false}) {
      CAPTURE(destroyed);
      fixture f;
      f.open();
      auto timer = f.client->post_after(std::chrono::hours(24), 1);
      poll(f.io);
      if (destroyed) f.client.reset();
      if (!destroyed) f.client->abort();
      CHECK(run_out(f.io));
      timer.cancel();
      CHECK(run_out(f.io));
      f.let_pass(std::chrono::hours(24));
      CHECK(f.seen.empty());
    }
  }

  TEST_CASE("outlives its client and the executor") {
    wsx::timer before;
    wsx::timer after;
    {
      fixture f;
      before = f.client->post_after(minutes(1), 1);
      f.open();
      after = f.client->post_after(minutes(1), 2);
    }
    before.cancel();
    after.cancel();
    const auto copy = std::move(after);
    after = copy;
    after.cancel();
  }
}
