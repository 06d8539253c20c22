#include "outbox_fixture.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>

// A producer on a thread of its own pushes while the outbox takes.

using namespace outbox_test;

namespace {

constexpr int message_count = 200'000;

std::string message(int number) {
  return std::to_string(number) + std::string(static_cast<std::size_t>(number % 40), '.');
}

struct producer {
  std::atomic<bool> given_up{false};
  std::atomic<bool> done{false};

  void push_all(frame_source& source) {
    for (int i = 0; i < message_count; ++i) {
      const std::string payload = message(i);
      while (!source.queue.try_push(whole, as_bytes(payload))) {
        if (given_up) return;
        std::this_thread::yield();
      }
    }
    done = true;
  }
};

/// Counts the messages up to the first that is not as it was pushed.
struct receiver {
  int next = 0;
  bool wrong = false;

  void take(const client_frame& frame) {
    wrong = wrong || frame.payload != message(next);
    if (!wrong) ++next;
  }
};

/// Writes what the outbox gives until all has come or one message is wrong; returns how many came.
int take_all(fixture& f, const std::atomic<bool>& all_pushed) {
  receiver in;
  std::string rest;
  for (bool more = true; more && !in.wrong;) {
    more = !all_pushed || !f.box.quiet();
    const auto batch = f.box.batch();
    rest += as_chars(batch);
    f.box.wrote(batch.size());
    std::string_view left = rest;
    while (const auto frame = wsx::testing::decode_client_frame(left)) in.take(*frame);
    rest.erase(0, rest.size() - left.size());
  }
  return in.next;
}

}  // namespace

TEST_SUITE("protocol/outbox_threads") {
  TEST_CASE("outbox: whatever moment a frame is pushed at, it is sent once and whole") {
    const both_forms in_turn;
    fixture f;
    const auto source = f.add_source(4096);
    f.add_source();  // so that frames are put together: one that is alone is written in place
    producer from;
    std::thread pushing([&] { from.push_all(*source); });
    const int came = take_all(f, from.done);
    from.given_up = true;
    pushing.join();
    CHECK(came == message_count);
    CHECK(f.box.batch().empty());
  }
}
