#include "support.hpp"

#include <stdexcept>

// Which children are restarted, and when. See starting.cpp.

namespace {

using namespace supervision_test;

}  // namespace

TEST_SUITE("supervision/restarting: types") {
  TEST_CASE("\"A permanent child process is always restarted\"") {
    supervisor_fixture f;
    f.begin(one_for_one(2), {f.spec("a")});
    f.end("a");
    f.crash("a");
    CHECK(f.happened() == lines{"start a", "terminate a", "start a", "terminate a", "start a"});
    CHECK(f.states() == lines{"a running"});
  }

  TEST_CASE("\"A transient child process is restarted only if it terminates abnormally\"") {
    supervisor_fixture f;
    f.begin({f.transient("a")});
    f.crash("a");
    CHECK(f.states() == lines{"a running"});
    f.end("a");
    CHECK(f.happened() == lines{"start a", "terminate a", "start a", "terminate a"});
    CHECK(f.states() == lines{"a not_running"});
    CHECK(f.counts() == wsx::child_counts{.specs = 1, .workers = 1});
    CHECK(!f.joined.done());
    CHECK(reports().size() == 1);  // of the crash
  }

  TEST_CASE("a close code other than 1000 is an abnormal end") {
    supervisor_fixture f;
    f.begin({f.transient("a")});
    auto peer = f.peers.extract("a").mapped();
    peer.write(wsx::testing::close_frame(1008));
    peer.close();
    f.settle();
    CHECK(f.states() == lines{"a running"});
    CHECK(f.children()[0].starts == 2);
  }

  TEST_CASE("\"A temporary child process is never restarted\", and its spec goes") {
    supervisor_fixture f;
    f.begin({f.temporary("a"), f.temporary("b")});
    f.end("a");
    CHECK(f.states() == lines{"b running"});
    f.crash("b");
    CHECK(f.states() == lines{});
    CHECK(f.happened() == lines{"start a", "start b", "terminate a", "terminate b"});
  }
}

TEST_SUITE("supervision/restarting: strategies") {
  TEST_CASE("one_for_one: \"only that child process is affected\"") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b"), f.spec("c")});
    f.happened();
    f.crash("b");
    CHECK(f.happened() == lines{"terminate b", "start b"});
  }

  TEST_CASE(
      "one_for_all: \"all other child processes are terminated and then all child processes are "
      "restarted\"") {
    supervisor_fixture f;
    f.begin(one_for_all(), {f.spec("a"), f.spec("b"), f.spec("c")});
    f.happened();
    f.crash("b");
    CHECK(f.happened() == lines{"terminate b", "close 1001 c", "terminate c", "close 1001 a",
                                "terminate a", "start a", "start b", "start c"});
  }

  TEST_CASE(
      "rest_for_one: \"the child processes after the terminated child process in the start order "
      "are terminated. Then the terminated child process and all child processes after it are "
      "restarted\"") {
    supervisor_fixture f;
    f.begin(rest_for_one(), {f.spec("a"), f.spec("b"), f.spec("c"), f.spec("d")});
    f.happened();
    f.crash("b");
    CHECK(f.happened() == lines{"terminate b", "close 1001 d", "terminate d", "close 1001 c",
                                "terminate c", "start b", "start c", "start d"});
  }

  TEST_CASE(
      "\"(even when the supervisor's restart strategy is rest_for_one or one_for_all and a "
      "sibling's death causes the temporary process to be terminated)\"") {
    for (const auto& options : {one_for_all(), rest_for_one()}) {
      supervisor_fixture f;
      f.begin(options, {f.spec("a"), f.temporary("b"), f.spec("c"), f.temporary("d")});
      f.happened();
      f.crash("a");
      CHECK(f.happened() == lines{"terminate a", "close 1001 d", "terminate d", "close 1001 c",
                                  "terminate c", "close 1001 b", "terminate b", "start a",
                                  "start c"});
      CHECK(f.states() == lines{"a running", "c running"});
    }
  }

  TEST_CASE("a temporary child is the first that one_for_all terminates others from") {
    supervisor_fixture f;
    f.begin(one_for_all(), {f.temporary("a"), f.spec("b"), f.spec("c")});
    f.happened();
    f.crash("c");
    CHECK(f.happened() == lines{"terminate c", "close 1001 b", "terminate b", "close 1001 a",
                                "terminate a", "start b", "start c"});
    CHECK(f.states() == lines{"b running", "c running"});
  }

  TEST_CASE(
      "\"The child process can later be restarted by the supervisor\": one that was terminated, or "
      "is transient and ended normally") {
    for (const auto& options : {one_for_all(), rest_for_one()}) {
      supervisor_fixture f;
      f.begin(options, {f.spec("a"), f.transient("b"), f.spec("c")});
      f.end("b");
      f.terminate_child("c");
      CHECK(f.states() == lines{"a running", "b not_running", "c not_running"});
      f.crash("a");
      CHECK(f.states() == lines{"a running", "b running", "c running"});
    }
  }

  TEST_CASE("children that end while others are terminated are started once") {
    supervisor_fixture f;
    f.begin(one_for_all(), {f.spec("a"), f.spec("b"), f.spec("c")});
    f.happened();
    for (const std::string name : {"a", "b", "c"}) f.peers.at(name).close();
    f.settle();
    CHECK(f.happened() ==
          lines{"terminate a", "terminate b", "terminate c", "start a", "start b", "start c"});
    CHECK(!f.joined.done());
  }

  TEST_CASE("a child that ends while others are started is restarted after that") {
    supervisor_fixture f;
    f.begin(one_for_all(2), {f.spec("a"), f.spec("b")});
    f.held = {"b"};
    f.crash("a");
    f.happened();
    f.crash("a");
    CHECK(f.happened() == lines{"terminate a"});  // b is still being started
    f.held.clear();
    f.let_pass(6min);  // and given up
    CHECK(f.states() == lines{"a running", "b running"});
  }
}

TEST_SUITE("supervision/restarting: restarts that fail") {
  TEST_CASE("one_for_one: tried again until it succeeds, others are left alone") {
    supervisor_fixture f;
    f.begin(one_for_one(3), {f.spec("a"), f.spec("b")});
    f.happened();
    f.refused = {{"a", 2}};
    f.crash("a");
    CHECK(f.happened() == lines{"terminate a", "refuse a", "refuse a", "start a"});
    CHECK(f.states() == lines{"a running", "b running"});
    CHECK(f.children()[0].starts == 2);
  }

  TEST_CASE("one_for_all, another child fails: all that were started are terminated again") {
    supervisor_fixture f;
    f.begin(one_for_all(2), {f.spec("a"), f.spec("b"), f.spec("c")});
    f.happened();
    f.refused = {{"b", 1}};
    f.crash("c");
    CHECK(f.happened() == lines{"terminate c", "close 1001 b", "terminate b", "close 1001 a",
                                "terminate a", "start a", "refuse b", "close 1001 a", "terminate a",
                                "start a", "start b", "start c"});
    CHECK(f.states() == lines{"a running", "b running", "c running"});
  }

  TEST_CASE("rest_for_one, a child behind fails: those before it go on") {
    supervisor_fixture f;
    f.begin(rest_for_one(3), {f.spec("a"), f.spec("b"), f.spec("c")});
    f.happened();
    f.refused = {{"b", 2}};
    f.crash("a");
    CHECK(f.happened() == lines{"terminate a", "close 1001 c", "terminate c", "close 1001 b",
                                "terminate b", "start a", "refuse b", "refuse b", "start b",
                                "start c"});
    CHECK(f.states() == lines{"a running", "b running", "c running"});
  }

  // supervisor.erl: "Leaving control back to gen_server before trying again. This way other
  // incoming requests for the supervisor can be handled - e.g. a shutdown request for the
  // supervisor or the child."
  TEST_CASE("between two attempts there is a turn for others: terminate_child ends the loop") {
    for (const auto& options : {one_for_one(always), one_for_all(always), rest_for_one(always)}) {
      supervisor_fixture f;
      f.begin(options, {f.spec("a"), f.spec("b")});
      f.server.refuse(make_error_code(std::errc::connection_refused));
      f.peers.extract("a").mapped().close();
      f.do_some();
      outcome deleted, restarted, terminated;
      f.tree->delete_child("a", deleted.token());
      f.tree->restart_child("a", restarted.token());
      f.tree->terminate_child("a", terminated.token());
      CHECK(f.do_until([&] { return terminated.done(); }));
      CHECK(deleted.failed(errc::child_restarting));
      CHECK(restarted.failed(errc::child_restarting));
      f.settle();
      CHECK(f.states()[0] == "a not_running");
      CHECK(!f.joined.done());
    }
  }

  TEST_CASE("between two attempts there is a turn for others: stop") {
    supervisor_fixture f;
    f.begin(one_for_one(always), {f.spec("a")});
    f.server.refuse(make_error_code(std::errc::connection_refused));
    f.peers.extract("a").mapped().close();
    f.do_some();
    outcome stopped;
    f.tree->stop(stopped.token());
    CHECK(f.do_until([&] { return stopped.done(); }));
    CHECK(f.joined.ok());
  }

  TEST_CASE("between two attempts there is a turn for others: functions that throw at once") {
    supervisor_fixture f;
    bool broken = false;
    f.begin(one_for_one(always), {child_spec("a", [&] {
              if (broken) throw std::runtime_error("broken");
              return f.make("a");
            })});
    broken = true;
    f.peers.extract("a").mapped().close();
    f.do_some();
    f.tree.reset();
    CHECK(run_out(f.io));
  }
}
