#include "../behavior/support.hpp"

#include <wsx/link.hpp>

#include <deque>
#include <optional>
#include <utility>
#include <vector>

// Clients that end together: Erlang's links. The sentences in quotation marks are those of
// Erlang's documentation, "Processes" and "erlang:link".

namespace {

using namespace behavior_test;
using wsx::errc;

struct another {
  void handle_frame(wsx::text) {}
};

// Clients that are open, and the ends of each.
struct fixture {
  template <class Handler>
  memory_client<Handler> open() {
    memory_client<Handler> client(io, Handler(), calm());
    client.connect(server.url(), connected.token());
    client.join(ends.emplace_back().join_token());
    poll(io);
    peers.push_back(server.next().value());
    peers.back().accept();
    poll(io);
    REQUIRE(client.is_open());
    return client;
  }

  void crash(std::size_t which) {
    peers[which].close();
    poll(io);
  }
  void end(std::size_t which) {
    peers[which].write(wsx::testing::close_frame(1000));
    peers[which].close();
    poll(io);
  }

  asio::io_context io;
  memory_listener server{"server"};
  outcome connected;
  std::deque<outcome> ends;
  std::vector<memory_peer> peers;
};

}  // namespace

TEST_SUITE("supervision/linking") {
  TEST_CASE("one that ends abnormally ends the other, in both directions") {
    for (const std::size_t first : {std::size_t{0}, std::size_t{1}}) {
      fixture f;
      const auto a = f.open<quiet>();
      const auto b = f.open<another>();
      wsx::link(a, b);
      f.crash(first);
      CHECK(f.ends[first].failed(errc::connection_dropped));
      CHECK(f.ends[1 - first].failed(errc::aborted));
    }
  }

  TEST_CASE(
      "\"the default behaviour when a process receives an exit signal with reason normal is that "
      "it "
      "is ignored\"") {
    fixture f;
    const auto a = f.open<quiet>();
    const auto b = f.open<quiet>();
    wsx::link(a, b);
    f.end(0);
    CHECK(f.ends[0].ok());
    CHECK(b.is_open());
    f.crash(1);
    CHECK(f.ends[1].failed(errc::connection_dropped));
  }

  TEST_CASE("an end goes on from link to link") {
    fixture f;
    const auto a = f.open<quiet>();
    const auto b = f.open<quiet>();
    const auto c = f.open<quiet>();
    const auto d = f.open<quiet>();
    wsx::link(a, b);
    wsx::link(b, c);
    f.crash(0);
    CHECK(f.ends[1].failed(errc::aborted));
    CHECK(f.ends[2].failed(errc::aborted));
    CHECK(d.is_open());
  }

  TEST_CASE("one that is destroyed, or aborted, has ended abnormally") {
    fixture f;
    auto a = std::optional(f.open<quiet>());
    auto b = f.open<quiet>();
    auto c = f.open<quiet>();
    wsx::link(*a, b);
    a.reset();
    poll(f.io);
    CHECK(f.ends[1].failed(errc::aborted));
    auto d = f.open<quiet>();
    wsx::link(c, d);
    d.abort();
    poll(f.io);
    CHECK(f.ends[2].failed(errc::aborted));
  }

  TEST_CASE("\"it is guaranteed that the link is removed\": after unlink the other goes on") {
    fixture f;
    const auto a = f.open<quiet>();
    const auto b = f.open<quiet>();
    wsx::link(a, b);
    wsx::unlink(b, a);
    poll(f.io);
    f.crash(0);
    CHECK(b.is_open());
    wsx::unlink(a, b);  // there is none
    wsx::unlink(a, a);
  }

  TEST_CASE(
      "\"if there already is an active link, the function has no effect\": one unlink is enough") {
    fixture f;
    const auto a = f.open<quiet>();
    const auto b = f.open<quiet>();
    wsx::link(a, b);
    wsx::link(a, b);
    wsx::link(b, a);
    wsx::unlink(a, b);
    f.crash(1);
    CHECK(a.is_open());
  }

  TEST_CASE("linked again after unlink") {
    fixture f;
    const auto a = f.open<quiet>();
    const auto b = f.open<quiet>();
    wsx::link(a, b);
    wsx::unlink(a, b);
    wsx::link(a, b);
    poll(f.io);
    CHECK(a.is_open());
    CHECK(b.is_open());
    f.crash(0);
    CHECK(f.ends[1].failed(errc::aborted));
  }

  TEST_CASE("with itself: nothing") {
    fixture f;
    const auto a = f.open<quiet>();
    wsx::link(a, a);
    f.end(0);
    CHECK(f.ends[0].ok());
  }

  TEST_CASE("one that had ended: as if it ended now") {
    fixture f;
    const auto failed = f.open<quiet>();
    const auto ended = f.open<quiet>();
    const auto b = f.open<quiet>();
    f.crash(0);
    f.end(1);
    wsx::link(b, ended);
    poll(f.io);
    CHECK(b.is_open());
    wsx::link(b, failed);
    poll(f.io);
    CHECK(f.ends[2].failed(errc::aborted));
  }

  TEST_CASE("nobody is called when the execution context ends, whether or not they wait by then") {
    for (const bool wait : {false, true}) {
      fixture f;
      const auto a = f.open<quiet>();
      const auto b = f.open<quiet>();
      wsx::link(a, b);
      if (wait) poll(f.io);
    }
  }
}
