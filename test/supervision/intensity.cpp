#include "../../lib/supervision/restart_intensity.hpp"
#include "support.hpp"

// How often children may be restarted. See starting.cpp.

namespace {

using namespace supervision_test;

}  // namespace

TEST_SUITE("supervision/intensity") {
  TEST_CASE("\"intensity defaults to 1 and period defaults to 5\"") {
    const wsx::supervisor_options o;
    CHECK(o.intensity == 1);
    CHECK(o.period == 5s);
    CHECK(o.strategy == wsx::restart_strategy::one_for_one);  // "the default restart strategy"
  }

  TEST_CASE(
      "\"if more than MaxR restarts occur within MaxT seconds, the supervisor terminates all "
      "child processes and then itself\"") {
    for (const auto& options : {one_for_one(2), one_for_all(2), rest_for_one(2)}) {
      supervisor_fixture f;
      f.begin(options, {f.spec("a"), f.spec("b"), f.spec("c")});
      f.crash("c");
      f.crash("c");
      CHECK(!f.joined.done());
      f.happened();
      f.crash("c");
      CHECK(f.happened() ==
            lines{"terminate c", "close 1001 b", "terminate b", "close 1001 a", "terminate a"});
      CHECK(f.joined.failed(errc::reached_max_restart_intensity));
      CHECK(f.started.ok());
    }
  }

  TEST_CASE("restarts of all children count together") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b")});
    f.crash("a");
    f.crash("b");
    CHECK(f.joined.failed(errc::reached_max_restart_intensity));
  }

  TEST_CASE("one_for_all counts one restart, however many children it starts") {
    supervisor_fixture f;
    f.begin(one_for_all(1), {f.spec("a"), f.spec("b"), f.spec("c")});
    f.crash("a");
    CHECK(!f.joined.done());
  }

  TEST_CASE("what is longer ago than the period does not count") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    for (int crashes = 0; crashes < 10; ++crashes) {
      f.crash("a");
      f.let_pass(5001ms);
    }
    CHECK(!f.joined.done());
    f.crash("a");
    f.let_pass(5000ms);
    f.crash("a");
    CHECK(f.joined.failed(errc::reached_max_restart_intensity));
  }

  TEST_CASE("an intensity of 0: no restart") {
    supervisor_fixture f;
    f.begin(one_for_one(0), {f.spec("a")});
    f.crash("a");
    CHECK(f.joined.failed(errc::reached_max_restart_intensity));
    CHECK(f.happened() == lines{"start a", "terminate a"});
  }

  TEST_CASE("ends that need no restart do not count") {
    supervisor_fixture f;
    f.begin(one_for_one(0), {f.transient("a"), f.temporary("b"), f.spec("c")});
    f.end("a");
    f.crash("b");
    CHECK(f.restart_child("a") == std::error_code());
    f.terminate_child("c");
    CHECK(f.restart_child("c") == std::error_code());
    CHECK(!f.joined.done());
  }

  TEST_CASE("a restart that fails is tried again, and counts (one_for_one_escalation)") {
    supervisor_fixture f;
    f.begin(one_for_one(4), {f.spec("a"), f.spec("b")});
    f.happened();
    f.refused = {{"a", always}};
    f.crash("a");
    CHECK(f.happened() == lines{"terminate a", "refuse a", "refuse a", "refuse a", "refuse a",
                                "close 1001 b", "terminate b"});
    CHECK(f.joined.failed(errc::reached_max_restart_intensity));
  }

  TEST_CASE("one that is a whole period old counts; no more than there may be are kept") {
    wsx::detail::restart_intensity counted(2, 5s);
    const wsx::detail::restart_intensity::time_point start{};
    CHECK(counted.add(start));
    CHECK(counted.add(start + 1s));
    CHECK(!counted.add(start + 5s));
    CHECK(!counted.add(start + 6s));
    CHECK(counted.add(start + 12s));
  }

  TEST_CASE("what happens is reported") {
    supervisor_fixture f;
    auto o = one_for_one(1);
    o.name = "feeds";
    f.begin(o, {f.spec("a")});
    f.refused = {{"a", always}};
    f.crash("a");
    CHECK(
        reports() ==
        lines{"feeds: child \"a\" has ended: the connection to server:80 ended without a Close "
              "frame",
              "feeds: cannot restart child \"a\": cannot connect to server:80: HTTP 403 Forbidden",
              "feeds: gives up: child \"a\" would be restart 2 within 5000 ms"});
  }
}
