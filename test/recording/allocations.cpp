#include "../behavior/memory/allocation_hooks.hpp"
#include "support.hpp"

#include <wsx/recording/flight_recorder.hpp>

namespace {

thread_local bool counting = false;
thread_local std::size_t allocations = 0;

}  // namespace

bool behavior_test::may_allocate(allocation) noexcept {
  if (counting) ++allocations;
  return true;
}
void behavior_test::allocated(void*) noexcept {}
void behavior_test::freed(void*) noexcept {}

namespace {

using namespace recording_test;

TEST_SUITE("recording/allocations") {
  TEST_CASE("recording a frame allocates nothing, redacted or not") {
    for (const bool redacts : {false, true}) {
      wsx::recorder_options options;
      options.memory = 100'000;
      if (redacts) options.redact = [](const frame_facts&, std::span<std::byte>) {};
      wsx::flight_recorder recorder(options);
      const std::string payload(125, 'x');
      const frame_facts facts{frame_direction::received, wsx::opcode::text, true, false, 125};
      counting = true;
      for (int i = 0; i < 10'000; ++i) recorder.frame(facts, wsx::as_bytes(payload));
      counting = false;
      CHECK(allocations == 0);
    }
  }
}

}  // namespace
