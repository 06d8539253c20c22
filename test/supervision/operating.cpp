#include "support.hpp"

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <thread>

// A child that was found is operated like a client of one's own.

namespace {

using namespace supervision_test;

struct note_taker {
  static constexpr std::string_view version = "1";

  lines* log;
  int notes = 0;

  void handle_frame(wsx::text) {}
  void handle_cast(const note& n) {
    log->push_back("1 got " + n.words);
    ++notes;
  }
};

struct note_taker_2 {
  static constexpr std::string_view version = "2";

  static note_taker_2 code_change(const wsx::old_version&, const note_taker& old, int step) {
    if (step < 0) throw std::system_error(std::make_error_code(std::errc::invalid_argument));
    return {old.log, old.notes + step};
  }

  lines* log;
  int notes = 0;

  void handle_frame(wsx::text) {}
  void handle_cast(const note& n) {
    log->push_back("2 got " + n.words + ", note " + std::to_string(++notes));
  }
};

struct fixture : supervisor_fixture {
  // A child with a handler that can be replaced.
  template <class Handler>
  child_spec replaceable(const std::string& name) {
    return child_spec(name, [this, name] {
      memory_client<wsx::any_handler> client(io, Handler{&log}, calm());
      return wsx::child(std::move(client), server.url("/" + name));
    });
  }

  auto any(const std::string& name) { return tree->find<wsx::any_handler>(name); }

  template <class Ref>
  wsx::client_status status_of(const Ref& child) {
    std::optional<wsx::client_status> told;
    child.status([&](wsx::client_status now) { told = std::move(now); });
    settle();
    REQUIRE(told);
    return *told;
  }

  // Runs what a user awaits, and returns the error that it threw.
  std::error_code await(asio::awaitable<void> user) {
    std::optional<std::error_code> error;
    asio::co_spawn(io, std::move(user), [&](const std::exception_ptr& what) {
      error.emplace();
      try {
        if (what) std::rethrow_exception(what);
      } catch (const std::system_error& e) {
        error = e.code();
      }
    });
    settle();
    REQUIRE(error);
    return *error;
  }
};

template <class Ref>
std::error_code access(fixture& f, const Ref& child) {
  std::optional<std::error_code> error;
  child.template with_handler<worker>([](worker&) {},
                                      [&](const std::exception_ptr& what) {
                                        error.emplace();
                                        try {
                                          if (what) std::rethrow_exception(what);
                                        } catch (const wsx::system_error& e) {
                                          error = e.code();
                                        }
                                      });
  f.settle();
  REQUIRE(error);
  return *error;
}

asio::awaitable<void> look_and_repair(wsx::child_ref<worker> child, int& seen) {
  co_await child.suspend();
  seen = co_await child.with_handler([](const worker& w) { return w.notes; });
  co_await child.with_handler([](worker& w) { w.notes = 40; });
  co_await child.resume();
  const auto status = co_await child.status();
  if (status.suspended) seen = -1;
}

// A child of no supervisor.
asio::awaitable<void> ask_nobody(std::vector<std::error_code>& errors) {
  const wsx::child_ref<wsx::any_handler> nobody;
  const auto note_error = [&](const wsx::system_error& e) { errors.push_back(e.code()); };
  try {
    co_await nobody.suspend();
  } catch (const wsx::system_error& e) {
    note_error(e);
  }
  try {
    co_await nobody.resume();
  } catch (const wsx::system_error& e) {
    note_error(e);
  }
  try {
    auto access = nobody.with_handler([](wsx::any_handler&) { return 1; });
    co_await std::move(access);
  } catch (const wsx::system_error& e) {
    note_error(e);
  }
  try {
    co_await nobody.code_change<note_taker_2>(1);
  } catch (const wsx::system_error& e) {
    note_error(e);
  }
  const auto status = co_await nobody.status();
  CHECK(status.phase == wsx::client_phase::ended);
}

}  // namespace

TEST_SUITE("supervision/operating") {
  TEST_CASE("its handler is read and changed, its status told") {
    fixture f;
    f.begin({f.spec("a"), f.spec("b")});
    f.tree->cast<worker>("b", note{"first"});
    f.happened();
    int seen = -2;
    CHECK(f.await(look_and_repair(f.tree->find<worker>("b"), seen)) == errc{});
    CHECK(seen == 1);
    f.tree->cast<worker>("b", note{"next"});
    f.settle();
    CHECK(f.happened() == lines{"b got first, note 1", "b got next, note 41"});
    const auto status = f.status_of(f.tree->find<worker>("b"));
    CHECK(status.phase == wsx::client_phase::open);
    CHECK(status.url.ends_with("/b"));
  }

  TEST_CASE("suspended: messages wait; terminated and restarted as any other") {
    fixture f;
    f.begin({f.spec("a")});
    f.happened();
    const auto a = f.tree->find<worker>("a");
    CHECK(f.ask([&](auto token) { a.suspend(token); }) == errc{});
    a.cast(note{"waits"});
    CHECK(f.status_of(a).suspended);
    CHECK(f.happened().empty());
    CHECK(f.ask([&](auto token) { a.resume(token); }) == errc{});
    CHECK(f.happened() == lines{"a got waits, note 1"});
    CHECK(f.ask([&](auto token) { a.suspend(token); }) == errc{});
    CHECK(f.terminate_child("a") == errc{});
    CHECK(f.happened() == lines{"close 1001 a", "terminate a"});
    CHECK(f.restart_child("a") == errc{});
    CHECK(!f.status_of(f.tree->find<worker>("a")).suspended);
  }

  TEST_CASE("suspended while it starts: the supervisor waits until it is resumed") {
    fixture f;
    f.held = {"a"};
    f.begin({f.spec("a"), f.spec("b")});
    CHECK(f.happened() == lines{"hold a"});
    const auto a = f.tree->find<worker>("a");
    CHECK(f.ask([&](auto token) { a.suspend(token); }) == errc{});
    CHECK(f.states() == lines{"a starting", "b not_running"});
    CHECK(f.stop() == errc{});
    CHECK(f.started.failed(errc::aborted));
  }

  TEST_CASE("its handler is replaced: after a restart it is again what `start` makes") {
    fixture f;
    f.begin({f.replaceable<note_taker>("a")});
    f.happened();
    f.any("a").cast(note{"one"});
    const auto change = [&](int step) {
      return f.ask([&](auto token) { f.any("a").code_change<note_taker_2>(step, token); });
    };
    CHECK(change(-1) == std::errc::invalid_argument);
    CHECK(change(7) == errc{});
    CHECK(change(7) == errc::state_not_taken);
    f.any("a").cast(note{"two"});
    f.settle();
    CHECK(f.happened() == lines{"1 got one", "2 got two, note 9"});
    f.crash("a");
    f.any("a").cast(note{"three"});
    f.settle();
    CHECK(f.happened() == lines{"start a", "1 got three"});
  }

  TEST_CASE("with a new spec, a restart makes the new version, too") {
    fixture f;
    f.begin({f.replaceable<note_taker>("a")});
    CHECK(f.ask([&](auto token) { f.any("a").code_change<note_taker_2>(0, token); }) == errc{});
    CHECK(f.ask([&](auto token) {
      f.tree->replace_child_spec(f.replaceable<note_taker_2>("a"), token);
    }) == errc{});
    f.happened();
    f.crash("a");
    f.any("a").cast(note{"new"});
    f.settle();
    CHECK(f.happened() == lines{"start a", "2 got new, note 1"});
  }

  TEST_CASE("another handler than expected") {
    fixture f;
    f.begin({f.replaceable<note_taker>("a")});
    CHECK(access(f, f.any("a")) == errc::handler_type_differs);
    std::error_code error;
    CHECK(!f.any("a").cast(1, error));
    CHECK(error == errc::message_not_taken);
  }

  TEST_CASE("has ended, and its handler is gone") {
    fixture f;
    f.begin({f.replaceable<note_taker>("a"), f.spec("b")});
    const auto a = f.any("a");
    const auto b = f.tree->find<worker>("b");
    f.stop();
    f.tree.reset();
    CHECK(access(f, b) == errc::aborted);
    CHECK(access(f, a) == errc::aborted);
    CHECK(f.ask([&](auto token) { b.suspend(token); }) == errc::aborted);
    CHECK(f.ask([&](auto token) { b.resume(token); }) == errc::aborted);
    CHECK(f.ask([&](auto token) { a.code_change<note_taker_2>(1, token); }) == errc::aborted);
    CHECK(f.status_of(b).phase == wsx::client_phase::ended);
    std::error_code error;
    CHECK(!a.cast(note{"late"}, error));
    CHECK(error == errc::not_connected);
    CHECK(!a.cast(1, error));  // what the handler took is known, though it is gone
    CHECK(!a.post(1, error));
    CHECK(error == errc::not_connected);
  }

  TEST_CASE("was not found: says so on the supervisor's strand") {
    fixture f;
    f.begin({f.spec("a")});
    const auto nobody = f.any("a");
    REQUIRE(!nobody);
    int calls = 0;
    const auto expect_nobody = [&](std::error_code error) {
      CHECK(error == errc::child_not_found);
      CHECK(f.tree->get_executor().target<wsx::strand>()->running_in_this_thread());
      ++calls;
    };
    nobody.suspend(expect_nobody);
    nobody.resume(expect_nobody);
    nobody.code_change<note_taker_2>(1, expect_nobody);
    CHECK(calls == 0);
    f.settle();
    CHECK(calls == 3);
    CHECK(access(f, nobody) == errc::child_not_found);
    CHECK(f.status_of(nobody).phase == wsx::client_phase::ended);
  }

  TEST_CASE("of no supervisor") {
    fixture f;
    std::vector<std::error_code> errors;
    CHECK(f.await(ask_nobody(errors)) == errc{});
    CHECK(errors == std::vector<std::error_code>(4, errc::child_not_found));
    const wsx::child_ref<worker> nobody;
    CHECK_THROWS_AS(nobody.suspend(asio::use_future).get(), std::system_error);
    CHECK(nobody.status(asio::use_future).get().phase == wsx::client_phase::ended);
  }

  TEST_CASE("its own callback can't await it, that of another child can") {
    struct asks {
      fixture* f;
      std::string name;
      asio::awaitable<void> handle_frame(wsx::text of) {
        try {
          co_await f->tree->find<asks>(of.payload).suspend();
          f->log.push_back(name + ": suspended");
        } catch (const wsx::system_error& e) {
          f->log.push_back(name + ": " + to_string(static_cast<errc>(e.code().value())));
        }
      }
    };
    fixture f;
    const auto spec = [&](const std::string& name) {
      return child_spec(name, [&f, name] {
        memory_client<asks> client(f.io, asks{&f, name}, calm());
        return wsx::child(std::move(client), f.server.url("/" + name));
      });
    };
    f.begin({spec("a"), spec("b")});
    f.happened();
    f.peers.at("a").write(wsx::testing::text_frame("a"));
    f.settle();
    CHECK(f.happened() == lines{"a: would_deadlock"});
    f.peers.at("a").write(wsx::testing::text_frame("b"));
    f.settle();
    CHECK(f.happened() == lines{"a: suspended"});
  }

  TEST_CASE("from other threads, while it ends and is restarted") {
    struct counter {
      int count = 0;
      void handle_frame(wsx::text) {}
      void handle_cast(int n) { count += n; }
    };
    wsx::set_log_sink(nullptr);
    memory_listener server("server");
    asio::io_context io;
    auto work = asio::make_work_guard(io);
    const auto make = [&] {
      memory_client<wsx::any_handler> client(io, counter(), calm());
      return wsx::child(std::move(client), server.url());
    };
    child_spec spec("a", make);
    spec.wait_for_connect = false;
    std::optional<wsx::supervisor> tree(std::in_place, io, one_for_one(always), std::vector{spec});
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { io.run(); });
    tree->start(asio::use_future).get();
    std::atomic<bool> over{false};
    threads.emplace_back([&] {
      while (!over) {
        const auto a = tree->find<wsx::any_handler>("a");
        a.cast(1);
        a.cast("not taken");
        a.status(asio::use_future).wait();
        a.suspend(asio::use_future).wait();
        a.with_handler<counter>([](counter& c) { c.count = 0; }, asio::use_future).wait();
        a.resume(asio::use_future).wait();
      }
    });
    for (int i = 0; i < 50; ++i) {
      tree->terminate_child("a", asio::use_future).wait();
      tree->restart_child("a", asio::use_future).wait();
    }
    over = true;
    threads.back().join();
    threads.pop_back();
    tree.reset();
    work.reset();
    for (auto& each : threads) each.join();
  }
}
