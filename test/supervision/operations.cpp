#include "../behavior/operations/completion_tokens.hpp"
#include "support.hpp"

#include <wsx/testing/script_error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

// A supervisor's operations with each kind of completion token, and from other threads.

namespace {

using namespace supervision_test;

// Runs `user`, and says what it threw.
std::string said_by(supervisor_fixture& f, asio::awaitable<void> user) {
  std::string said = "nothing";
  bool over = false;
  asio::co_spawn(f.io, std::move(user), [&](const std::exception_ptr& e) {
    over = true;
    try {
      if (e) std::rethrow_exception(e);
    } catch (const wsx::system_error& error) {
      said = error.what();
    }
  });
  CHECK(f.do_until([&] { return over; }));
  return said;
}

asio::awaitable<void> whole_life(supervisor_fixture& f) {
  co_await f.tree->start();
  co_await f.tree->start_child(
      child_spec("b, which has a long name", f.maker("b"), restart_type::transient, 10s));
  co_await f.tree->terminate_child("b, which has a long name");
  co_await f.tree->restart_child("b, which has a long name");
  co_await f.tree->terminate_child("b, which has a long name");
  co_await f.tree->delete_child("b, which has a long name");
  const auto children = co_await f.tree->which_children();
  CHECK(children.size() == 1);
  const auto counts = co_await f.tree->count_children();
  CHECK(counts.active == 1);
  const auto text = co_await f.tree->tree();
  CHECK(!text.empty());
  co_await f.tree->stop();
  co_await f.tree->join();
}

// A server on a thread of its own: opens a connection, and drops it.
void crash_next(memory_listener& server, const std::atomic<bool>& over) {
  auto peer = server.next();
  while (!peer || (peer->bytes_written() == 0 && !peer->client_closed())) {
    if (over) return;
    std::this_thread::yield();
    if (!peer) peer = server.next();
  }
  try {
    peer->accept();
  } catch (const wsx::testing::script_error&) {  // it has gone before it asked
  }
  peer->close();
}

}  // namespace

TEST_SUITE("supervision/operations") {
  TEST_CASE("awaited") {
    supervisor_fixture f;
    f.tree.emplace(f.io, std::vector{f.spec("a")});
    CHECK(said_by(f, whole_life(f)) == "nothing");
    CHECK(f.happened() == lines{"start a", "start b", "close 1001 b", "terminate b", "start b",
                                "close 1001 b", "terminate b", "close 1001 a", "terminate a"});
  }

  TEST_CASE("what they throw says what failed") {
    supervisor_fixture f;
    f.refused = {{"b", always}};
    f.begin({f.spec("a")});
    CHECK(said_by(f, f.tree->start()) == "the supervisor runs or has ended: make another one");
    CHECK(said_by(f, f.tree->start_child(f.spec("b"))) ==
          "cannot start child \"b\": cannot connect to server:80: HTTP 403 Forbidden");
    CHECK(said_by(f, f.tree->start_child(child_spec("c", []() -> wsx::child {
            throw std::runtime_error("no c");
          }))) == "cannot start child \"c\": no c");
    CHECK(said_by(f, f.tree->delete_child("a")) == "cannot delete child \"a\": the child runs");
    CHECK(said_by(f, f.tree->restart_child("a")) == "cannot restart child \"a\": the child runs");
    CHECK(said_by(f, f.tree->terminate_child("x")) ==
          "cannot terminate child \"x\": no child has that name");
    f.stop();
    CHECK(said_by(f, f.tree->delete_child("a")) == "the supervisor does not run");
  }

  TEST_CASE("what start and join throw says which child failed") {
    supervisor_fixture f;
    f.refused = {{"b", always}};
    f.tree.emplace(f.io, std::vector{f.spec("a"), f.spec("b")});
    CHECK(said_by(f, f.tree->start()) ==
          "cannot start the supervisor: child \"b\": cannot connect to server:80: HTTP 403 "
          "Forbidden");
    CHECK(said_by(f, f.tree->join()) == "the server refused the handshake");
  }

  TEST_CASE("a future") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    auto stopped = f.tree->stop(asio::use_future);
    auto joined = f.tree->join(asio::use_future);
    f.settle();
    CHECK_NOTHROW(stopped.get());
    CHECK_NOTHROW(joined.get());
  }

  TEST_CASE("an allocator and an executor: called there, and all memory is given back") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    asio::io_context elsewhere;
    counted_memory memory;
    outcome o;
    f.tree->terminate_child(
        "a", asio::bind_executor(elsewhere.get_executor(), allocate_from(memory, o.token())));
    f.settle();
    CHECK(!o.done());
    poll(elsewhere);
    CHECK(o.ok());
    CHECK(memory.blocks == 0);
    CHECK(memory.allocated >= 2);
  }

  TEST_CASE("canceled before it is begun: it is not done") {
    supervisor_fixture f;
    f.deaf = {"a"};
    f.begin({f.spec("a"), f.spec("b")});
    asio::cancellation_signal signal;
    outcome first, second;
    f.tree->terminate_child("a", first.token());
    f.tree->terminate_child("b", asio::bind_cancellation_slot(signal.slot(), second.token()));
    f.settle();
    signal.emit(asio::cancellation_type::terminal);
    f.settle();
    CHECK(second.failed(asio::error::operation_aborted));
    f.let_pass(5s);
    CHECK(first.ok());
    CHECK(f.states() == lines{"a not_running", "b running"});
  }

  TEST_CASE("canceled when it is begun: it goes on") {
    supervisor_fixture f;
    f.deaf = {"a"};
    f.begin({f.spec("a")});
    asio::cancellation_signal signals[3];
    outcome outcomes[3];
    f.tree->terminate_child("a",
                            asio::bind_cancellation_slot(signals[0].slot(), outcomes[0].token()));
    f.settle();
    f.tree->stop(asio::bind_cancellation_slot(signals[1].slot(), outcomes[1].token()));
    f.tree->join(asio::bind_cancellation_slot(signals[2].slot(), outcomes[2].token()));
    f.settle();
    for (auto& each : signals) each.emit(asio::cancellation_type::terminal);
    f.settle();
    for (auto& each : outcomes) CHECK(each.failed(asio::error::operation_aborted));
    CHECK(f.states() == lines{"a terminating"});
    f.let_pass(5s);
    CHECK(f.joined.ok());
  }

  TEST_CASE("a callback of a child may wait for its own termination, which interrupts it") {
    struct waits {
      supervisor_fixture* f;
      asio::awaitable<void> handle_frame(wsx::text) { return f->tree->terminate_child("a"); }
      void terminate(const wsx::close_reason&) { f->log.push_back("terminate a"); }
    };
    supervisor_fixture f;
    f.begin({{"a", [&f] {
                return wsx::child(memory_client<waits>(f.io, waits{&f}, calm()),
                                  f.server.url("/a"));
              }}});
    f.happened();
    f.peers.at("a").write(wsx::testing::text_frame("go"));
    f.settle();
    CHECK(f.states() == lines{"a not_running"});
    CHECK(f.happened().back() == "terminate a");
  }

  TEST_CASE("from several threads, while children come, go and fail") {
    struct taker {
      void handle_frame(wsx::text) {}
      void handle_cast(int) {}
    };
    wsx::set_log_sink(nullptr);
    memory_listener server("server");
    asio::io_context io;
    auto work = asio::make_work_guard(io);
    const auto make = [&] {
      return wsx::child(memory_client<taker>(io, taker{}, calm()), server.url());
    };
    std::optional<wsx::supervisor> tree(std::in_place, io, one_for_one(always),
                                        std::vector<child_spec>());
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { io.run(); });
    threads.emplace_back([&] {
      while (!over) crash_next(server, over);
    });
    tree->start(asio::use_future).get();
    for (int i = 0; i < 20; ++i) {
      const std::string name = std::to_string(i % 5);
      tree->start_child(child_spec(name, make), asio::use_future).wait();
      tree->cast<taker>(name, i);
      if (const auto found = tree->find<taker>(name)) found.cast(i);
      CHECK(tree->which_children(asio::use_future).get().size() <= 5);
      if (i % 3 == 0) tree->terminate_child(name, asio::use_future).wait();
    }
    tree.reset();
    over = true;
    work.reset();
    for (auto& each : threads) each.join();
  }
}
