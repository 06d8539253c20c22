#include "support.hpp"

#include <asio/detached.hpp>

// Supervisors of supervisors: "A child process can either be another supervisor or a worker
// process." See starting.cpp.

namespace {

using namespace supervision_test;

// A supervisor of its own, with its name in front of those of its children.
child_spec below(supervisor_fixture& f, std::string name,
                 wsx::supervisor_options options = one_for_one(),
                 restart_type restart = restart_type::permanent) {
  options.name = name;
  auto make = [&f, name, options] {
    std::vector children{f.spec(name + "1"), f.spec(name + "2")};
    return wsx::child(wsx::supervisor(f.io, options, std::move(children)));
  };
  return child_spec(name, make, restart);
}

}  // namespace

TEST_SUITE("supervision/nested") {
  TEST_CASE("started from left to right, and terminated from right to left") {
    supervisor_fixture f;
    f.begin({f.spec("a"), below(f, "b"), f.spec("c")});
    CHECK(f.happened() == lines{"start a", "start b1", "start b2", "start c"});
    CHECK(f.started.ok());
    CHECK(f.stop() == std::error_code());
    CHECK(f.happened() == lines{"close 1001 c", "terminate c", "close 1001 b2", "terminate b2",
                                "close 1001 b1", "terminate b1", "close 1001 a", "terminate a"});
    CHECK(reports().empty());
  }

  TEST_CASE("a supervisor that can't start fails the start of its own") {
    supervisor_fixture f;
    f.refused = {{"b2", always}};
    f.begin({f.spec("a"), below(f, "b")});
    CHECK(f.started.failed(errc::refused));
    CHECK(f.happened() == lines{"start a", "start b1", "refuse b2", "close 1001 b1", "terminate b1",
                                "close 1001 a", "terminate a"});
  }

  TEST_CASE("what is below restarts its own children") {
    supervisor_fixture f;
    f.begin({f.spec("a"), below(f, "b")});
    f.happened();
    f.crash("b2");
    CHECK(f.happened() == lines{"terminate b2", "start b2"});
    CHECK(f.children()[1].starts == 1);
  }

  TEST_CASE("a supervisor that gives up is restarted by its own, which counts that") {
    supervisor_fixture f;
    f.begin(rest_for_one(1), {f.spec("a"), below(f, "b", one_for_one(0)), f.spec("c")});
    f.happened();
    f.crash("b2");
    CHECK(f.happened() == lines{"terminate b2", "close 1001 b1", "terminate b1", "close 1001 c",
                                "terminate c", "start b1", "start b2", "start c"});
    CHECK(f.children()[1].starts == 2);
    f.crash("b1");
    CHECK(f.joined.failed(errc::reached_max_restart_intensity));
  }

  // supervisor.erl: "The termination reason for the supervisor itself in that case will be
  // shutdown."
  TEST_CASE("a transient or temporary supervisor that gives up is not restarted") {
    supervisor_fixture f;
    f.begin({below(f, "b", one_for_one(0), restart_type::transient),
             below(f, "c", one_for_one(0), restart_type::temporary)});
    f.crash("b1");
    f.crash("c1");
    CHECK(f.states() == lines{"b not_running"});
    CHECK(!f.joined.done());
  }

  TEST_CASE(
      "\"the shutdown time must be infinity to give the subtree ample time to shut down\": that "
      "is the default") {
    supervisor_fixture f;
    f.deaf = {"b1", "b2"};
    f.begin({below(f, "b")});
    f.tree->stop(asio::detached);
    f.settle();
    f.let_pass(9999ms);
    CHECK(!f.joined.done());
    f.let_pass(1ms);  // 5 seconds for each client
    CHECK(f.joined.ok());
  }

  TEST_CASE("a subtree whose time is up ends at once") {
    supervisor_fixture f;
    f.deaf = {"b1", "b2"};
    auto hasty = below(f, "b");
    hasty.shutdown = 1s;
    f.begin({f.spec("a"), hasty});
    f.happened();
    f.tree->stop(asio::detached);
    f.settle();
    f.let_pass(1s);
    CHECK(f.happened() == lines{"close 1001 b2", "close 1001 a", "terminate a"});
    CHECK(f.joined.ok());
  }

  TEST_CASE("as text") {
    supervisor_fixture f;
    auto o = rest_for_one(3);
    o.name = "root";
    f.begin(o,
            {f.spec("a"), below(f, "b"), f.transient("c"), {"d\n", [] { return wsx::child(); }}});
    f.end("c");
    f.crash("a");
    std::string text;
    f.tree->tree([&](std::string answer) { text = std::move(answer); });
    f.settle();
    CHECK(text ==
          "root: rest_for_one, at most 3 restarts within 5000 ms\n"
          "  \"a\": running, permanent, started 2 times\n"
          "  \"b\": running, permanent supervisor, started 2 times\n"
          "    b: one_for_one, at most 1 restart within 5000 ms\n"
          "      \"b1\": running, permanent, started once\n"
          "      \"b2\": running, permanent, started once\n"
          "  \"c\": running, transient, started 2 times\n"
          "  \"d\\n\": not_running, permanent, never started\n");
  }

  TEST_CASE("a handler is not found in a supervisor") {
    supervisor_fixture f;
    f.begin({below(f, "b")});
    CHECK(!f.tree->find<worker>("b"));
    CHECK(!f.tree->find<worker>("b1"));
  }
}
