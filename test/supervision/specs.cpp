#include "support.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/use_future.hpp>

// The specs of children: read and replaced while they run.

namespace {

using namespace supervision_test;

struct fixture : supervisor_fixture {
  std::pair<std::error_code, std::optional<child_spec>> get(const std::string& name) {
    std::optional<std::pair<std::error_code, std::optional<child_spec>>> got;
    tree->get_childspec(name, [&](std::error_code error, std::optional<child_spec> spec) {
      got.emplace(error, std::move(spec));
    });
    settle();
    REQUIRE(got);
    return *got;
  }
  std::error_code replace(child_spec with) {
    return ask([&](auto token) { tree->replace_child_spec(std::move(with), token); });
  }
  // A child that is made another way: the server sees another name.
  template <class... How>
  child_spec other(const std::string& name, How... how) {
    return child_spec(name, maker(name + "2"), how...);
  }
};

asio::awaitable<void> read(wsx::supervisor& tree, std::string name, std::string& said) {
  try {
    const child_spec spec = co_await tree.get_childspec(name);
    said = spec.name;
  } catch (const wsx::system_error& e) {
    said = e.what();
  }
}

}  // namespace

TEST_SUITE("supervision/specs") {
  // OTP, supervisor:get_childspec/2: "Returns the child specification map for the child identified
  // by Id under supervisor SupRef."
  TEST_CASE("get_childspec returns the specification of the child") {
    fixture f;
    auto b = f.spec("b_name_longer_than_sixteen", restart_type::transient, 7ms);
    b.wait_for_connect = false;
    f.begin({f.spec("a"), b});
    const auto [error, spec] = f.get("b_name_longer_than_sixteen");
    CHECK(!error);
    REQUIRE(spec);
    CHECK(spec->name == "b_name_longer_than_sixteen");
    CHECK(spec->restart == restart_type::transient);
    CHECK(spec->shutdown == 7ms);
    CHECK(!spec->wait_for_connect);
    CHECK(!f.get("a").second->shutdown);
    f.happened();
    REQUIRE(spec->start);
    child_spec copy = *spec;
    copy.name = "c";
    CHECK(f.start_child(copy) == errc{});
    CHECK(f.happened() == lines{"start b_name_longer_than_sixteen"});
  }

  // OTP: get_childspec(SupRef, Id) -> {ok, child_spec()} | {error, not_found}
  TEST_CASE("get_childspec {error, not_found}: errc::child_not_found") {
    fixture f;
    f.begin({f.spec("a"), f.temporary("t")});
    CHECK(f.get("b").first == errc::child_not_found);
    CHECK(!f.get("b").second);
    CHECK(f.get("t").first == errc{});
    f.terminate_child("t");
    CHECK(f.get("t").first == errc::child_not_found);
    std::string said;
    asio::co_spawn(f.io, read(*f.tree, "b", said), asio::detached);
    f.settle();
    CHECK(said == "cannot get the spec of child \"b\": no child has that name");
    asio::co_spawn(f.io, read(*f.tree, "a", said), asio::detached);
    f.settle();
    CHECK(said == "a");
  }

  // "identified by Id": whether it runs does not matter.
  TEST_CASE("get_childspec of a child that does not run, before the start, and meanwhile") {
    fixture f;
    f.tree.emplace(f.io, std::vector{f.spec("a"), f.spec("b")});
    CHECK(f.get("b").first == errc{});
    f.held = {"a"};
    f.tree->start(f.started.token());
    f.settle();
    CHECK(f.get("b").first == errc{});
    f.stop();
    CHECK(f.get("b").first == errc{});
  }

  TEST_CASE("replaced: the child goes on, and the next start makes the other one") {
    fixture f;
    f.begin({f.spec("a_name_longer_than_sixteen"), f.spec("b")});
    f.happened();
    CHECK(f.replace(f.other("a_name_longer_than_sixteen")) == errc{});
    CHECK(f.happened().empty());
    CHECK(f.states() == lines{"a_name_longer_than_sixteen running", "b running"});
    f.crash("a_name_longer_than_sixteen");
    CHECK(f.happened() ==
          lines{"terminate a_name_longer_than_sixteen", "start a_name_longer_than_sixteen2"});
    CHECK(f.delete_child("a_name_longer_than_sixteen") == errc::child_running);
    CHECK(f.children().at(0).starts == 2);
  }

  TEST_CASE("replaced: how it is terminated, and whether it is restarted, counts at once") {
    fixture f;
    f.begin({f.spec("a"), f.spec("b")});
    f.happened();
    CHECK(f.replace(f.spec("a", restart_type::permanent, child_spec::brutal_kill)) == errc{});
    f.terminate_child("a");
    CHECK(f.happened() == lines{"terminate a"});
    CHECK(f.replace(f.temporary("b")) == errc{});
    f.crash("b");
    CHECK(f.happened() == lines{"terminate b"});
    CHECK(f.states() == lines{"a not_running"});
  }

  TEST_CASE("replaced while it does not run") {
    fixture f;
    f.begin({f.spec("a")});
    f.terminate_child("a");
    f.happened();
    CHECK(f.replace(f.other("a")) == errc{});
    CHECK(f.restart_child("a") == errc{});
    CHECK(f.happened() == lines{"start a2"});
  }

  TEST_CASE("not replaced") {
    fixture f;
    f.tree.emplace(f.io, std::vector{f.spec("a")});
    CHECK(f.replace(f.other("a")) == errc::no_supervisor);
    f.begin({f.spec("a")});
    f.happened();
    CHECK(f.replace(f.other("b")) == errc::child_not_found);
    CHECK(f.replace(child_spec("a", nullptr)) == errc::invalid_option);
    CHECK(f.replace(f.other("a", restart_type::permanent, -1ms)) == errc::invalid_option);
    f.crash("a");
    CHECK(f.happened() == lines{"terminate a", "start a"});
    f.stop();
    CHECK(f.replace(f.other("a")) == errc::no_supervisor);
  }

  TEST_CASE("replaced, awaited: what it throws says what failed") {
    fixture f;
    f.begin({f.spec("a")});
    auto refused = asio::co_spawn(f.io, f.tree->replace_child_spec(f.spec("b")), asio::use_future);
    auto replaced = asio::co_spawn(f.io, f.tree->replace_child_spec(f.spec("a")), asio::use_future);
    f.settle();
    CHECK_NOTHROW(replaced.get());
    CHECK_THROWS_WITH(refused.get(),
                      "cannot replace the spec of child \"b\": no child has that name");
  }
}
