#include "support.hpp"

#include <stdexcept>
#include <system_error>

// How a supervisor starts. The sentences in quotation marks are those of OTP's documentation,
// "supervisor", here and in the other files of this folder.

namespace {

using namespace supervision_test;

}  // namespace

TEST_SUITE("supervision/starting") {
  TEST_CASE("\"the child processes are started in order from left to right\"") {
    supervisor_fixture f;
    f.held = {"b"};
    f.begin({f.spec("a"), f.spec("b"), f.spec("c")});
    CHECK(f.happened() == lines{"start a", "hold b"});  // c waits until b is started
    CHECK(!f.started.done());
    CHECK(f.states() == lines{"a running", "b starting", "c not_running"});
  }

  TEST_CASE("\"start_link does not return until all child processes have been started\"") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b"), f.spec("c")});
    CHECK(f.happened() == lines{"start a", "start b", "start c"});
    CHECK(f.started.ok());
    CHECK(f.states() == lines{"a running", "b running", "c running"});
    CHECK(!f.joined.done());
  }

  TEST_CASE(
      "\"If any child process start function fails, the supervisor first terminates all already "
      "started child processes and then terminates itself\"") {
    supervisor_fixture f;
    f.refused = {{"c", always}};
    f.begin({f.spec("a"), f.spec("b"), f.spec("c"), f.spec("d")});
    CHECK(f.happened() == lines{"start a", "start b", "refuse c", "close 1001 b", "terminate b",
                                "close 1001 a", "terminate a"});
    CHECK(f.started.failed(errc::refused));
    CHECK(f.joined.failed(errc::refused));
    CHECK(f.counts().active == 0);
  }

  TEST_CASE("a function that throws has failed to start its child") {
    supervisor_fixture f;
    f.begin(
        {f.spec("a"), child_spec("b", []() -> wsx::child { throw std::runtime_error("no b"); })});
    CHECK(f.started.failed(errc::child_not_made));
    CHECK(f.happened() == lines{"start a", "close 1001 a", "terminate a"});
  }

  TEST_CASE("a function that throws a system error has that error") {
    supervisor_fixture f;
    const std::error_code error = std::make_error_code(std::errc::no_such_device);
    f.begin({child_spec("a", [=]() -> wsx::child { throw std::system_error(error); })});
    CHECK(f.started.failed(error));
  }

  TEST_CASE(
      "\"ignore: the child specification is kept by the supervisor (unless it is a temporary "
      "child) but the non-existing child process is ignored\"") {
    supervisor_fixture f;
    const auto nothing = [] { return wsx::child(); };
    f.begin(
        {child_spec("a", nothing), child_spec("b", nothing, restart_type::temporary), f.spec("c")});
    CHECK(f.started.ok());
    CHECK(f.states() == lines{"a not_running", "c running"});
    CHECK(f.start_child(child_spec("d", nothing)) == std::error_code());
    CHECK(f.start_child(child_spec("e", nothing, restart_type::temporary)) == std::error_code());
    CHECK(f.states() == lines{"a not_running", "c running", "d not_running"});
  }

  TEST_CASE("two children of one name: nothing is started (duplicate_child_name)") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b"), f.spec("a")});
    CHECK(f.started.failed(errc::child_already_present));
    CHECK(f.joined.failed(errc::child_already_present));
    CHECK(f.happened().empty());
  }

  TEST_CASE("options and specs out of their range: nothing is started") {
    const auto check = [](auto spoil) {
      supervisor_fixture f;
      auto options = one_for_one();
      auto bad = f.spec("bad");
      spoil(options, bad);
      f.begin(options, {f.spec("good"), bad});
      CHECK(f.started.failed(errc::invalid_option));
      CHECK(f.happened().empty());
    };
    check([](wsx::supervisor_options&, child_spec& s) { s.start = nullptr; });
    check([](wsx::supervisor_options&, child_spec& s) { s.shutdown = -1ms; });
    check([](wsx::supervisor_options& o, child_spec&) { o.period = 0ms; });  // "pos_integer()"
  }

  TEST_CASE("once only") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    CHECK(f.ask([&](auto token) { f.tree->start(token); }) == errc::already_started);
    f.stop();
    CHECK(f.ask([&](auto token) { f.tree->start(token); }) == errc::already_started);
  }

  TEST_CASE("a stop gives up what is being started") {
    supervisor_fixture f;
    f.held = {"b"};
    f.begin({f.spec("a"), f.spec("b"), f.spec("c")});
    f.happened();
    CHECK(f.stop() == std::error_code());
    CHECK(f.started.failed(errc::aborted));
    CHECK(f.joined.ok());
    CHECK(f.happened() == lines{"close 1001 a", "terminate a"});
  }

  TEST_CASE("without waiting for connect: the next is started at once") {
    supervisor_fixture f;
    auto slow = f.spec("a");
    slow.wait_for_connect = false;
    f.held = {"a"};
    f.begin({slow, f.spec("b")});
    CHECK(f.started.ok());
    CHECK(f.states() == lines{"a running", "b running"});
  }

  TEST_CASE("without waiting for connect: that it fails is an abnormal end") {
    supervisor_fixture f;
    auto slow = f.spec("a");
    slow.wait_for_connect = false;
    f.refused = {{"a", always}};
    f.begin({slow, f.spec("b")});
    CHECK(f.started.ok());
    CHECK(f.joined.failed(errc::reached_max_restart_intensity));
    CHECK(f.happened() == lines{"refuse a", "start b", "refuse a", "close 1001 b", "terminate b"});
  }

  TEST_CASE("each start has a child of its own, with a fresh handler") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    CHECK(f.tree->cast<worker>("a", note{"x"}));
    f.settle();
    f.crash("a");
    CHECK(f.tree->cast<worker>("a", note{"y"}));
    f.settle();
    CHECK(f.happened() ==
          lines{"start a", "a got x, note 1", "terminate a", "start a", "a got y, note 1"});
    CHECK(f.children()[0].starts == 2);
  }
}
