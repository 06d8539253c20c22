#include <wsx/backoff.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using std::chrono::milliseconds;

struct fixture {
  wsx::close_reason reason{};
  wsx::connection_info connection{};

  wsx::disconnect failed(std::size_t attempt = 1) const {
    return {.reason = reason, .attempt = attempt, .connection = connection};
  }
};

}  // namespace

TEST_SUITE("backoff") {
  TEST_CASE("the bound grows by the factor up to the maximum") {
    const wsx::backoff delay(
        {.initial = milliseconds(100), .max = milliseconds(1000), .factor = 3.0});
    std::size_t attempt = 0;
    for (const int bound : {100, 300, 900, 1000, 1000})
      CHECK(delay.bound(++attempt) == milliseconds(bound));
    CHECK(delay.bound(0) == milliseconds(100));
  }

  TEST_CASE("delays are drawn from zero to the bound") {
    const fixture f;
    const wsx::backoff delay({.initial = milliseconds(1), .max = milliseconds(9), .factor = 3.0});
    std::set<milliseconds::rep> drawn;
    for (int i = 0; i < 2000; ++i) drawn.insert(delay(f.failed(2)).count());
    // That a value of four never comes in 2000 draws has a probability of 4 * 0.75^2000.
    CHECK(drawn == std::set<milliseconds::rep>{0, 1, 2, 3});
  }

  TEST_CASE(
      "the server's Retry-After is waited for, whatever the bound, but no more than an hour") {
    fixture f;
    wsx::backoff delay({.initial = milliseconds(3), .max = milliseconds(3)});
    const auto asked = [&](std::optional<std::chrono::seconds> wait) {
      f.reason.diagnostics.retry_after = wait;
      return delay(f.failed());
    };
    const auto within = [](milliseconds drawn, milliseconds least) {
      return least <= drawn && drawn <= least + milliseconds(3);
    };
    for (const int wait : {0, 1, 120, 3600})
      CHECK(within(asked(std::chrono::seconds(wait)), std::chrono::seconds(wait)));
    CHECK(within(asked(std::chrono::hours(24)), std::chrono::hours(1)));
    CHECK(within(asked(std::chrono::seconds(-5)), milliseconds(0)));
    CHECK(within(asked(std::nullopt), milliseconds(0)));
  }

  TEST_CASE("clients that were asked to wait don't come back all at once") {
    fixture f;
    f.reason.diagnostics.retry_after = std::chrono::seconds(1);
    wsx::backoff delay({.initial = milliseconds(3), .max = milliseconds(3)});
    std::set<milliseconds::rep> drawn;
    for (int i = 0; i < 2000; ++i) drawn.insert(delay(f.failed()).count());
    CHECK(drawn == std::set<milliseconds::rep>{1000, 1001, 1002, 1003});
  }

  TEST_CASE("a forked process draws delays of its own") {
    const fixture f;
    const auto draw = [&] {
      wsx::backoff delay({.initial = milliseconds(1 << 30), .max = milliseconds(1 << 30)});
      std::array<milliseconds::rep, 8> drawn{};
      for (auto& next : drawn) next = delay(f.failed()).count();
      return drawn;
    };
    (void)draw();
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto drawn = draw();
      _exit(write(ends[1], drawn.data(), sizeof drawn) == sizeof drawn ? 0 : 1);
    }
    auto of_child = draw();
    const auto of_parent = of_child;
    CHECK(read(ends[0], of_child.data(), sizeof of_child) == sizeof of_child);
    CHECK(waitpid(child, nullptr, 0) == child);
    close(ends[0]);
    close(ends[1]);
    CHECK(of_child != of_parent);
  }

  TEST_CASE("holds for ever, and for senseless options") {
    const fixture f;
    const wsx::backoff delay;
    for (const std::size_t attempt : {std::size_t{5000}, std::numeric_limits<std::size_t>::max()}) {
      CHECK(delay.bound(attempt) == milliseconds(30'000));
      CHECK(delay(f.failed(attempt)) <= milliseconds(30'000));
    }
    const wsx::backoff shrinking({.initial = milliseconds(100), .factor = 0.5});
    CHECK(shrinking.bound(2) == milliseconds(100));
    const wsx::backoff none({.initial = milliseconds(0), .max = milliseconds(0)});
    CHECK(none(f.failed()) == milliseconds(0));
    const wsx::backoff negative({.initial = milliseconds(-5)});
    CHECK(negative(f.failed()) == milliseconds(0));
    const wsx::backoff odd({.factor = std::numeric_limits<double>::quiet_NaN()});
    CHECK(odd.bound(2) <= milliseconds(30'000));
    CHECK(odd.bound(2) >= milliseconds(0));
  }
}
