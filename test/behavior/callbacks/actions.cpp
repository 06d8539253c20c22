#include "../support.hpp"

#include <cstdint>
#include <utility>

// Actions of several steps: taken in order, up to what fails or closes.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct answers {
  wsx::action kept = wsx::reply("kept").reply(wsx::binary("twice"));

  wsx::action handle_frame(wsx::text t, wsx::session& s) {
    if (t.payload == "kept") return kept;
    if (t.payload == "forbidden") {
      return wsx::reply("before").reply(wsx::ping(std::string(126, 'a'))).reply("after");
    }
    if (t.payload == "close") return wsx::reply("last").close().reply("too late");
    if (t.payload == "bad close") {
      return wsx::reply("last").close(wsx::close_code{1005}).reply("too late");
    }
    if (t.payload == "closed") {
      CHECK(!s.close(wsx::close_code{4000}));
      return wsx::reply("too late").close(wsx::close_code{4001});
    }
    const std::string local = "2: " + std::string(t.payload);
    return wsx::reply("1").reply(wsx::text{local}).reply(wsx::ping("3")).reply(wsx::binary("4"));
  }
};

struct coroutine {
  asio::awaitable<wsx::action> handle_frame(wsx::text t) {
    co_return wsx::reply(t).reply(std::string(t.payload) + " again").close();
  }
};

// What the client writes when the server says each of `all`, how it ends, and how many replies it
// had to drop.
struct outcome_of {
  lines written;
  std::error_code error;
  std::uint64_t dropped;
};

template <class Handler = answers>
outcome_of answers_to(const lines& all) {
  client_fixture<Handler> f;
  memory_peer peer = f.open();
  peer.discard_written();
  for (const auto& each : all) peer.write(text_frame(each));
  poll(f.io);
  auto written = frames_of(peer);
  const auto dropped = f.client->stats().replies_dropped;
  peer.write(close_frame(1000));
  peer.close();
  poll(f.io);
  return {std::move(written), f.ended.error, dropped};
}

lines written(const lines& all) {
  return answers_to(all).written;
}

}  // namespace

TEST_SUITE("behavior/callbacks/actions") {
  TEST_CASE("in order") {
    CHECK(written({"hello"}) ==
          lines{"text \"1\"", "text \"2: hello\"", "ping \"3\"", "binary \"4\""});
  }

  TEST_CASE("of a coroutine") {
    CHECK(answers_to<coroutine>({"hello"}).written ==
          lines{"text \"hello\"", "text \"hello again\"", "close without a code"});
  }

  TEST_CASE("an action that is kept can be taken again") {
    CHECK(written({"kept", "kept"}) ==
          lines{"text \"kept\"", "binary \"twice\"", "text \"kept\"", "binary \"twice\""});
  }

  TEST_CASE("a step that is forbidden fails the callback; those before it are taken") {
    const auto [seen, error, dropped] = answers_to({"forbidden"});
    REQUIRE(seen.size() == 2);
    CHECK(seen[0] == "text \"before\"");
    CHECK(seen[1].starts_with("close 1011"));
    CHECK(error == wsx::errc::control_payload_too_long);
    CHECK(dropped == 1);
  }

  TEST_CASE("nothing is sent behind a close") {
    const auto [seen, error, dropped] = answers_to({"close"});
    CHECK(seen == lines{"text \"last\"", "close without a code"});
    CHECK(dropped == 1);
  }

  TEST_CASE("a close that is forbidden fails the callback") {
    const auto [seen, error, dropped] = answers_to({"bad close"});
    REQUIRE(seen.size() == 2);
    CHECK(seen[0] == "text \"last\"");
    CHECK(seen[1].starts_with("close 1011"));
    CHECK(error == wsx::errc::invalid_close_code);
    CHECK(dropped == 1);
  }

  TEST_CASE("no step is taken once the connection is closing") {
    const auto [seen, error, dropped] = answers_to({"closed"});
    CHECK(seen == lines{"close 4000 \"\""});
    CHECK(dropped == 1);
  }
}
