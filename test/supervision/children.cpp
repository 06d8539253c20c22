#include "support.hpp"

// Children that come and go while a supervisor runs: supervisor_SUITE.erl, "child_adm". See
// starting.cpp.

namespace {

using namespace supervision_test;

wsx::child_counts workers(std::size_t specs, std::size_t active) {
  return {.specs = specs, .active = active, .supervisors = 0, .workers = specs};
}

}  // namespace

TEST_SUITE("supervision/children") {
  TEST_CASE(
      "start_child \"adds a child specification, which starts the corresponding child process\"") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    CHECK(f.start_child(f.spec("b")) == std::error_code());
    CHECK(f.states() == lines{"a running", "b running"});
    CHECK(f.counts() == workers(2, 2));
    f.happened();
    f.stop();
    CHECK(f.happened() == lines{"close 1001 b", "terminate b", "close 1001 a", "terminate a"});
  }

  TEST_CASE(
      "start_child: \"if there already exists a child specification with the specified identifier, "
      "ChildSpec is discarded\": already_started or already_present") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    CHECK(f.start_child(f.spec("a")) == errc::child_running);
    f.terminate_child("a");
    CHECK(f.start_child(f.spec("a")) == errc::child_already_present);
    CHECK(f.states() == lines{"a not_running"});
    CHECK(f.happened() == lines{"start a", "close 1001 a", "terminate a"});
  }

  TEST_CASE("start_child: \"if the start function fails, the child specification is discarded\"") {
    supervisor_fixture f;
    f.begin({});
    f.refused = {{"a", 1}};
    CHECK(f.start_child(f.spec("a")) == errc::refused);
    CHECK(f.states() == lines{});
    CHECK(f.start_child(f.spec("a")) == std::error_code());
    CHECK(f.start_child(child_spec("b", nullptr)) == errc::invalid_option);
  }

  TEST_CASE(
      "terminate_child: \"the process is terminated and, unless it is a temporary child, the child "
      "specification is kept\"") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.temporary("b"), f.transient("c")});
    f.happened();
    CHECK(f.terminate_child("a") == std::error_code());
    CHECK(f.terminate_child("b") == std::error_code());
    CHECK(f.happened() == lines{"close 1001 a", "terminate a", "close 1001 b", "terminate b"});
    CHECK(f.states() == lines{"a not_running", "c running"});
    CHECK(f.counts() == workers(2, 1));
  }

  TEST_CASE(
      "terminate_child: \"if there is no child specification with the specified Id, not_found\"; "
      "one that does not run is left as it is") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    CHECK(f.terminate_child("b") == errc::child_not_found);
    f.terminate_child("a");
    CHECK(f.terminate_child("a") == std::error_code());
    CHECK(f.states() == lines{"a not_running"});
  }

  TEST_CASE(
      "restart_child: \"the child specification must exist, and the corresponding child process "
      "must "
      "not be running\"") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.temporary("b")});
    CHECK(f.restart_child("a") == errc::child_running);
    CHECK(f.restart_child("x") == errc::child_not_found);
    f.terminate_child("a");
    CHECK(f.restart_child("a") == std::error_code());
    CHECK(f.states() == lines{"a running", "b running"});
    f.terminate_child("b");
    CHECK(f.restart_child("b") ==
          errc::child_not_found);  // "for temporary children, [...] deleted"
  }

  TEST_CASE("restart_child: a start that fails is told, and not tried again") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    f.terminate_child("a");
    f.happened();
    f.refused = {{"a", 1}};
    CHECK(f.restart_child("a") == errc::refused);
    CHECK(f.happened() == lines{"refuse a"});
    CHECK(f.states() == lines{"a not_running"});
  }

  TEST_CASE("delete_child: \"the corresponding child process must not be running\"") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b")});
    CHECK(f.delete_child("a") == errc::child_running);
    CHECK(f.delete_child("x") == errc::child_not_found);
    f.terminate_child("a");
    CHECK(f.delete_child("a") == std::error_code());
    CHECK(f.states() == lines{"b running"});
    CHECK(f.restart_child("a") == errc::child_not_found);
    CHECK(f.start_child(f.spec("a")) == std::error_code());
    CHECK(f.states() == lines{"b running", "a running"});
  }

  TEST_CASE("one thing after the other, in the order in which it was asked for") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    f.happened();
    outcome a, b, c, d;
    f.tree->terminate_child("a", a.token());
    f.tree->delete_child("a", b.token());
    f.tree->start_child(f.spec("a"), c.token());
    f.tree->restart_child("a", d.token());
    f.settle();
    CHECK(a.ok());
    CHECK(b.ok());
    CHECK(c.ok());
    CHECK(d.failed(errc::child_running));
    CHECK(f.happened() == lines{"close 1001 a", "terminate a", "start a"});
  }

  TEST_CASE("a supervisor that does not run: no_supervisor (noproc)") {
    supervisor_fixture f;
    f.tree.emplace(f.io, std::vector{f.spec("a")});
    CHECK(f.start_child(f.spec("b")) == errc::no_supervisor);
    CHECK(f.terminate_child("a") == errc::no_supervisor);
    f.tree->start(f.started.token());
    f.settle();
    f.stop();
    CHECK(f.restart_child("a") == errc::no_supervisor);
    CHECK(f.delete_child("a") == errc::no_supervisor);
    CHECK(f.states() == lines{"a not_running"});
  }

  TEST_CASE("count_children: \"specs, active, supervisors, workers\"") {
    supervisor_fixture f;
    f.begin(
        {f.spec("a"), f.transient("b"), {"c", [&f] { return wsx::child(wsx::supervisor(f.io)); }}});
    f.end("b");
    CHECK(f.counts() == wsx::child_counts{.specs = 3, .active = 2, .supervisors = 1, .workers = 2});
  }

  TEST_CASE("very many children") {
    supervisor_fixture f;
    f.begin({});
    constexpr int count = 20'000;
    int done = 0;
    const auto good = [&](std::error_code e) { done += e ? 0 : 1; };
    for (int i = 0; i < count; ++i)
      f.tree->start_child(child_spec("child " + std::to_string(i), [] { return wsx::child(); }),
                          good);
    f.settle();
    CHECK(f.counts() == workers(count, 0));
    for (int i = 0; i < count; ++i) f.tree->delete_child("child " + std::to_string(i), good);
    f.settle();
    CHECK(f.counts() == workers(0, 0));
    CHECK(done == 2 * count);
  }
}
