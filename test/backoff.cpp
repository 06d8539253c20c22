#include <wsx/backoff.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <set>

namespace {

using std::chrono::milliseconds;

struct fixture {
  wsx::close_reason reason{};
  wsx::connection_info connection{};
  wsx::diagnostics diagnostics{};

  wsx::disconnect after(std::chrono::steady_clock::duration uptime) const {
    return {.reason = reason,
            .attempt = 1,
            .connection = connection,
            .uptime = uptime,
            .diagnostics = diagnostics};
  }
  wsx::disconnect failed() const { return after({}); }
};

}  // namespace

TEST_SUITE("backoff") {
  TEST_CASE("the bound grows by the factor up to the maximum") {
    const fixture f;
    wsx::backoff delay({.initial = milliseconds(100), .max = milliseconds(1000), .factor = 3.0});
    for (const int bound : {100, 300, 900, 1000, 1000}) {
      CHECK(delay.bound() == milliseconds(bound));
      delay(f.failed());
    }
  }

  TEST_CASE("delays are drawn from zero to the bound") {
    const fixture f;
    wsx::backoff delay({.initial = milliseconds(3), .max = milliseconds(3)});
    std::set<milliseconds::rep> drawn;
    for (int i = 0; i < 2000; ++i) drawn.insert(delay(f.failed()).count());
    // That a value of four never comes in 2000 draws has a probability of 4 * 0.75^2000.
    CHECK(drawn == std::set<milliseconds::rep>{0, 1, 2, 3});
  }

  TEST_CASE("a stable connection starts the delays anew, a short one does not") {
    const fixture f;
    wsx::backoff delay({.initial = milliseconds(100),
                        .max = milliseconds(10000),
                        .factor = 2.0,
                        .stable = milliseconds(50)});
    delay(f.failed());
    delay(f.failed());
    CHECK(delay.bound() == milliseconds(400));
    delay(f.after(milliseconds(49)));
    CHECK(delay.bound() == milliseconds(800));
    delay(f.after(milliseconds(50)));
    CHECK(delay.bound() == milliseconds(200));
    delay.reset();
    CHECK(delay.bound() == milliseconds(100));
  }

  TEST_CASE("holds for ever, and for senseless options") {
    const fixture f;
    wsx::backoff delay;
    for (int i = 0; i < 5000; ++i) delay(f.failed());
    CHECK(delay.bound() == milliseconds(30'000));
    CHECK(delay(f.failed()) <= milliseconds(30'000));

    wsx::backoff shrinking({.initial = milliseconds(100), .factor = 0.5});
    shrinking(f.failed());
    CHECK(shrinking.bound() == milliseconds(100));
    wsx::backoff none({.initial = milliseconds(0), .max = milliseconds(0)});
    CHECK(none(f.failed()) == milliseconds(0));
    wsx::backoff negative({.initial = milliseconds(-5)});
    CHECK(negative(f.failed()) == milliseconds(0));
    wsx::backoff odd({.factor = std::numeric_limits<double>::quiet_NaN()});
    odd(f.failed());
    CHECK(odd.bound() <= milliseconds(30'000));
    CHECK(odd.bound() >= milliseconds(0));
  }
}
