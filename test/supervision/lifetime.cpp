#include "../../lib/supervision/running_processes.hpp"
#include "support.hpp"

#include <asio/detached.hpp>

#include <memory>

// A supervisor may go at any moment, and its children with it.

namespace {

using namespace supervision_test;

}  // namespace

TEST_SUITE("supervision/lifetime") {
  TEST_CASE("its children end at once, without a Close frame, and are called no more") {
    supervisor_fixture f;
    f.begin({f.spec("a"), f.spec("b"), {"c", [&f] {
                                          return wsx::child(wsx::supervisor(f.io, {f.spec("c1")}));
                                        }}});
    f.happened();
    f.tree.reset();
    f.settle();
    CHECK(f.happened().empty());
    for (auto& [name, peer] : f.peers) CHECK(peer.client_closed());
    CHECK(f.joined.failed(errc::aborted));
    CHECK(run_out(f.io));
  }

  TEST_CASE("a message that waits for a child is not delivered") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    f.happened();
    CHECK(f.tree->cast<worker>("a", note{"late"}));
    f.tree.reset();
    f.settle();
    CHECK(f.happened().empty());
  }

  TEST_CASE("before the start") {
    supervisor_fixture f;
    f.tree.emplace(f.io, std::vector{f.spec("a")});
    f.tree->join(f.joined.token());
    poll(f.io);
    f.tree.reset();
    CHECK(run_out(f.io));
    CHECK(f.joined.failed(errc::aborted));
  }

  TEST_CASE("while it starts: what waits is told") {
    supervisor_fixture f;
    f.held = {"b"};
    f.begin({f.spec("a"), f.spec("b")});
    outcome added;
    f.tree->start_child(f.spec("c"), added.token());
    poll(f.io);
    f.tree.reset();
    CHECK(run_out(f.io));
    CHECK(f.started.failed(errc::aborted));
    CHECK(f.joined.failed(errc::aborted));
    CHECK(added.failed(errc::aborted));
  }

  TEST_CASE("while it stops") {
    supervisor_fixture f;
    f.deaf = {"b"};
    f.begin({f.spec("a"), f.spec("b")});
    outcome stopped;
    f.tree->stop(stopped.token());
    f.settle();
    f.tree.reset();
    CHECK(run_out(f.io));
    CHECK(stopped.ok());
    CHECK(f.joined.failed(errc::aborted));
  }

  TEST_CASE("by the function that makes a child") {
    supervisor_fixture f;
    f.begin({f.spec("a"), {"b", [&f] {
                             f.tree.reset();
                             return f.make("b");
                           }}});
    CHECK(run_out(f.io));
    CHECK(f.started.failed(errc::aborted));
    CHECK(f.happened() == lines{"start a"});
  }

  TEST_CASE("by a callback of a child") {
    struct suicidal {
      supervisor_fixture* f;
      void handle_frame(wsx::text) { f->tree.reset(); }
    };
    supervisor_fixture f;
    f.begin({{"a", [&f] {
                return wsx::child(memory_client<suicidal>(f.io, suicidal{&f}, calm()),
                                  f.server.url("/a"));
              }}});
    f.peers.at("a").write(wsx::testing::text_frame("go"));
    f.settle();
    CHECK(f.joined.failed(errc::aborted));
    CHECK(run_out(f.io));
  }

  TEST_CASE("after its end") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    f.stop();
    f.tree.reset();
    CHECK(run_out(f.io));
    CHECK(f.joined.ok());
  }

  TEST_CASE("with its execution context: nobody is called, and nothing is left") {
    const auto watched = std::make_shared<int>();
    outcome joined;
    {
      memory_listener server("server");
      asio::io_context io;
      const auto make = [&io, &server, watched] {
        return wsx::child(memory_client<worker>(io, worker{}, calm()), server.url());
      };
      wsx::supervisor tree(io, {{"a", make}});
      tree.start([watched](std::error_code) {});
      tree.join([watched, &joined](std::error_code) { ++joined.calls; });
      tree.tree([watched](const std::string&) {});
      for (int turns = 0; turns < 5; ++turns) io.poll_one();
    }
    CHECK(watched.use_count() == 1);
    CHECK(!joined.done());
  }

  TEST_CASE("from its start to its end it is work for the execution context") {
    supervisor_fixture f;
    f.tree.emplace(f.io);
    poll(f.io);
    CHECK(f.io.stopped());
    f.tree->start(asio::detached);
    poll(f.io);
    CHECK(!f.io.stopped());
    f.tree->stop(asio::detached);
    poll(f.io);
    CHECK(f.io.stopped());
  }

  TEST_CASE("what it starts when it is gone is killed before that") {
    struct fake final : wsx::detail::process {
      void start(wsx::diagnostics*, wsx::detail::completion<std::error_code>) override {}
      void join(wsx::detail::completion<std::error_code, wsx::close_reason>) override {}
      void shutdown() override {}
      void abort() override {}
      void kill() noexcept override { ++kills; }
      int kills = 0;
    };
    wsx::detail::running_processes running;
    const auto before = std::make_shared<fake>();
    const auto after = std::make_shared<fake>();
    running.add("before", before);
    CHECK(running.find("before") == before);
    CHECK(before->kills == 0);
    running.kill_all();
    running.add("after", after);
    CHECK(before->kills == 1);
    CHECK(after->kills == 1);
    CHECK(!running.find("before"));
    CHECK(!running.find("after"));
  }

  TEST_CASE("moved: what runs goes on; one that is assigned to ends") {
    supervisor_fixture f;
    f.begin({f.spec("a")});
    wsx::supervisor mine(std::move(*f.tree));
    f.tree.reset();
    f.settle();
    CHECK(!f.joined.done());
    CHECK(mine.cast<worker>("a", note{"x"}));
    mine = wsx::supervisor(f.io);
    f.settle();
    CHECK(f.joined.failed(errc::aborted));
  }
}
