#include "support.hpp"

// A child by its name, and messages to it.

namespace {

using namespace supervision_test;

struct other : worker {};

}  // namespace

TEST_SUITE("supervision/finding") {
  TEST_CASE("gets what is cast to it") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b")});
    f.happened();
    std::error_code error = errc::aborted;
    CHECK(f.tree->cast<worker>("b", note{"hello"}, error));
    CHECK(!error);
    f.settle();
    CHECK(f.happened() == lines{"b got hello, note 1"});
  }

  TEST_CASE("gets what is posted to it, and tells of its connection") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    f.happened();
    const auto a = f.tree->find<worker>("a");
    REQUIRE(a);
    CHECK(a.post(5));
    f.settle();
    CHECK(f.happened() == lines{"a got 5"});
    CHECK(a.is_open());
    CHECK(a.stats().connects == 1);
  }

  TEST_CASE("is not found by another name, or as another handler") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    std::error_code error;
    CHECK(!f.tree->cast<worker>("b", note{}, error));
    CHECK(error == errc::child_not_found);
    CHECK(!f.tree->find<other>("a"));
    CHECK(!f.tree->cast<other>("a", note{}));
    const wsx::child_ref<worker> nobody;
    error.clear();
    CHECK(!nobody.post(1, error));
    CHECK(error == errc::child_not_found);
    CHECK(!nobody.is_open());
    CHECK(nobody.stats().connects == 0);
  }

  TEST_CASE("while it is being started: the message waits until it is open") {
    supervisor_fixture f;
    f.held = {"a"};
    f.begin({f.spec("a")});
    CHECK(f.tree->cast<worker>("a", note{"early"}));
    f.settle();
    CHECK(f.happened() == lines{"hold a"});
  }

  TEST_CASE("after a restart it is the new one; one that was found before is the old one") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    const auto old = f.tree->find<worker>("a");
    f.crash("a");
    f.happened();
    std::error_code error;
    CHECK(!old.cast(note{"old"}, error));
    CHECK(error == errc::not_connected);
    CHECK(f.tree->cast<worker>("a", note{"new"}));
    f.settle();
    CHECK(f.happened() == lines{"a got new, note 1"});
  }

  TEST_CASE("is not found when it does not run") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b"), f.transient("c")});
    f.terminate_child("a");
    f.end("c");
    CHECK(!f.tree->find<worker>("a"));
    CHECK(!f.tree->find<worker>("c"));
    f.stop();
    CHECK(!f.tree->find<worker>("b"));
  }

  TEST_CASE("a handler that stays where it is") {
    supervisor_fixture f;
    worker mine{"mine", &f.log};
    f.begin({child_spec("a", [&] {
      memory_client<std::reference_wrapper<worker>> client(f.io, std::ref(mine));
      return wsx::child(std::move(client), f.server.url("/a"));
    })});
    CHECK(f.tree->cast<worker>("a", note{"hello"}));
    f.settle();
    CHECK(f.happened() == lines{"start a", "mine got hello, note 1"});
    f.stop();
  }
}
