#include "support.hpp"

#include <asio/detached.hpp>

// How a supervisor ends its children. See starting.cpp.

namespace {

using namespace supervision_test;

constexpr auto permanent = restart_type::permanent;

}  // namespace

TEST_SUITE("supervision/stopping") {
  TEST_CASE(
      "\"it first terminates its child processes in reversed start order, from right to left\"") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b"), f.temporary("c")});
    f.happened();
    CHECK(f.stop() == std::error_code());
    CHECK(f.happened() == lines{"close 1001 c", "terminate c", "close 1001 b", "terminate b",
                                "close 1001 a", "terminate a"});
    CHECK(f.joined.ok());
    CHECK(f.counts() == wsx::child_counts{.specs = 2, .workers = 2});
    CHECK(reports().empty());
  }

  TEST_CASE("one after the other: a child is closed when the one behind it has ended") {
    supervisor_fixture f;
    f.deaf = {"b"};
    f.begin({f.spec("a"), f.spec("b")});
    f.happened();
    outcome stopped;
    f.tree->stop(stopped.token());
    f.settle();
    CHECK(f.happened() == lines{"close 1001 b"});
    CHECK(f.states() == lines{"a running", "b terminating"});
    f.peers.at("b").close();
    f.settle();
    CHECK(f.happened() == lines{"terminate b", "close 1001 a", "terminate a"});
    CHECK(stopped.ok());
  }

  TEST_CASE(
      "\"If no exit signal is received within the specified number of milliseconds, the child "
      "process is unconditionally terminated\"") {
    supervisor_fixture f;
    f.deaf = {"b"};
    f.begin({f.spec("a"), f.spec("b", permanent, 300ms)});
    f.happened();
    outcome stopped;
    f.tree->stop(stopped.token());
    f.settle();
    f.let_pass(299ms);
    CHECK(f.happened() == lines{"close 1001 b"});
    f.let_pass(1ms);
    CHECK(f.happened() == lines{"terminate b", "close 1001 a", "terminate a"});
    CHECK(stopped.ok());
    CHECK(reports() == lines{"supervisor: child \"b\" did not end in order: the connection to "
                             "server:80 was aborted by this side"});
  }

  TEST_CASE("\"it defaults to 5000 if the child is of type worker\"") {
    supervisor_fixture f;
    f.deaf = {"a"};
    f.begin({f.spec("a")});
    f.tree->stop(asio::detached);
    f.settle();
    f.let_pass(4999ms);
    CHECK(!f.joined.done());
    f.let_pass(1ms);
    CHECK(f.joined.ok());
  }

  TEST_CASE("\"brutal_kill means that the child process is unconditionally terminated\"") {
    supervisor_fixture f;
    f.begin({f.spec("a", permanent, child_spec::brutal_kill)});
    f.happened();
    f.stop();
    CHECK(f.happened() == lines{"terminate a"});  // and no Close frame
    CHECK(f.joined.ok());
    CHECK(reports().empty());
  }

  TEST_CASE("\"infinity to give ample time to shut down\": as long as the client takes by itself") {
    supervisor_fixture f;
    f.deaf = {"a"};
    f.begin({f.spec("a", permanent, child_spec::infinity)});
    f.tree->stop(asio::detached);
    f.settle();
    f.let_pass(5min - 1ms);
    CHECK(!f.joined.done());
    f.let_pass(1ms);  // its close_timeout
    CHECK(f.joined.ok());
  }

  TEST_CASE("a time that was given does not end the next child") {
    supervisor_fixture f;
    f.deaf = {"a"};
    f.begin({f.spec("a"), f.spec("b", permanent, 100ms)});
    f.happened();
    f.tree->stop(asio::detached);
    f.settle();
    f.let_pass(100ms);
    CHECK(f.happened() == lines{"close 1001 b", "terminate b", "close 1001 a"});
    CHECK(!f.joined.done());
  }

  TEST_CASE("a stop during a restart: what is being started is given up, the rest is terminated") {
    supervisor_fixture f;
    f.begin(one_for_all(), {f.spec("a"), f.spec("b"), f.spec("c")});
    f.held = {"b"};
    f.crash("a");
    f.happened();
    CHECK(f.stop() == std::error_code());
    CHECK(f.happened() == lines{"close 1001 a", "terminate a"});
    CHECK(f.joined.ok());
  }

  TEST_CASE("a stop while children are terminated for a restart: they are not started again") {
    supervisor_fixture f;
    f.deaf = {"b"};
    f.begin(one_for_all(), {f.spec("a"), f.spec("b")});
    f.crash("a");
    f.happened();
    f.tree->stop(asio::detached);
    f.settle();
    f.peers.at("b").close();
    f.settle();
    CHECK(f.happened() == lines{"terminate b"});
    CHECK(f.joined.ok());
  }

  TEST_CASE("before the start and after the end there is nothing to stop") {
    supervisor_fixture f;
    f.tree.emplace(f.io, std::vector{f.spec("a")});
    CHECK(f.stop() == std::error_code());
    CHECK(f.states() == lines{"a not_running"});
    f.tree->start(f.started.token());
    f.settle();
    CHECK(f.started.ok());
    f.stop();
    CHECK(f.stop() == std::error_code());
  }

  TEST_CASE("what was asked for and not begun: no_supervisor") {
    supervisor_fixture f;
    f.deaf = {"a"};
    f.begin({f.spec("a"), f.spec("b")});
    outcome first, second;
    f.tree->terminate_child("a", first.token());
    f.tree->terminate_child("b", second.token());
    f.settle();
    f.tree->stop(asio::detached);
    f.let_pass(5s);
    CHECK(first.ok());
    CHECK(second.failed(errc::no_supervisor));
    CHECK(f.joined.ok());
  }
}
