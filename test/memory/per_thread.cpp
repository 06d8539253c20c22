#include "../../lib/memory/per_thread.hpp"

#include <wsx/protocol/mask.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <thread>

namespace {

using wsx::memory::kept_by_thread;

struct counter {
  int value = 0;
};

/// Looks again when what the thread keeps is gone: it is made before that, so it goes after it.
struct late {
  ~late() { look(); }
  void (*look)() = nullptr;
};

void at_end_of_thread(void (*before)(), void (*after)()) {
  std::thread([=] {
    static thread_local late last;
    last.look = after;
    before();
  }).join();
}

}  // namespace

TEST_SUITE("memory/per_thread") {
  TEST_CASE("each thread has its own") {
    kept_by_thread<counter>()->value = 1;
    std::thread([] { CHECK(kept_by_thread<counter>()->value == 0); }).join();
    CHECK(kept_by_thread<counter>()->value == 1);
  }

  TEST_CASE("what lives longer finds nothing") {
    at_end_of_thread([] { CHECK(kept_by_thread<counter>() != nullptr); },
                     [] { CHECK(kept_by_thread<counter>() == nullptr); });
  }

  TEST_CASE("a sender still masks by keys that nobody can foresee") {
    static std::optional<wsx::protocol::mask_key_source> keys;
    keys.emplace();
    at_end_of_thread([] { CHECK(keys->next() != wsx::protocol::mask_key{}); },
                     [] {
                       keys.emplace();
                       const auto one = keys->next();
                       const auto other = keys->next();
                       CHECK(one != wsx::protocol::mask_key{});
                       CHECK(other != one);
                     });
  }
}
