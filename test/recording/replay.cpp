#include "../behavior/support.hpp"
#include "support.hpp"

#include <wsx/recording/flight_recorder.hpp>
#include <wsx/testing/replay.hpp>
#include <wsx/testing/server_deflate.hpp>
#include <wsx/testing/temp_dir.hpp>

#include <functional>

#if !defined(WSX_REPLAYED)
#define WSX_REPLAYED 200'000
#endif

// A recording is played to a handler, and what it sends is compared.

namespace {

using namespace recording_test;
using namespace std::chrono_literals;
using behavior_test::calm;
using behavior_test::lines;
using wsx::testing::replay;
using wsx::testing::replay_options;
using wsx::testing::replay_result;
using wsx::testing::replay_speed;

replay_options as_fast(wsx::options client = calm()) {
  return {.speed = replay_speed::as_fast_as_possible, .client = std::move(client)};
}
replay_options in_time(wsx::options client = calm()) {
  return {.speed = replay_speed::as_recorded, .client = std::move(client)};
}

template <class Handler>
replay_result replay_of(const std::vector<record>& records, Handler handler,
                        replay_options options = as_fast()) {
  std::istringstream in(file_of(records));
  return replay(in, std::move(handler), std::move(options));
}

std::string difference_of(const replay_result& result) {
  return result.difference ? describe(*result.difference) : "";
}

struct echo {
  wsx::action handle_frame(wsx::message m) { return wsx::reply(m); }
};

struct greeter : echo {
  wsx::action handle_connect(const wsx::connection_info& c) {
    return wsx::reply("hello " + c.subprotocol);
  }
};

struct reconnecting : greeter {
  auto handle_disconnect(const wsx::disconnect&) { return wsx::reconnect_after(1s); }
};

struct tick {};
struct ticking : echo {
  void handle_connect(const wsx::connection_info&, wsx::session& s) {
    s.post_after(*this, 1s, tick{});
  }
  wsx::action handle_info(tick) { return wsx::reply("tick"); }
};

// Answers with a number that depends on all that came before.
struct digesting {
  std::uint64_t sum = 14695981039346656037U;
  std::uint64_t spoiled_at = 0;
  std::uint64_t count = 0;

  wsx::action handle_frame(wsx::text m) {
    for (const char c : m.payload) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211U;
    if (++count == spoiled_at) ++sum;
    return wsx::reply(std::to_string(sum));
  }
};

// The server's end of a client whose frames are recorded as they pass.
template <class Handler>
struct recorded_session : behavior_test::client_fixture<Handler> {
  explicit recorded_session(std::size_t memory, Handler handler = Handler())
      : behavior_test::client_fixture<Handler>(std::move(handler)), recorder(options_with(memory)) {
    peer.emplace(this->open());
    recorder.connected(this->client->connection());
    take();
  }

  static wsx::recorder_options options_with(std::size_t memory) {
    wsx::recorder_options options;
    options.memory = memory;
    return options;
  }

  void give(std::string_view text) {
    recorder.frame({frame_direction::received, wsx::opcode::text, true, false, text.size()},
                   wsx::as_bytes(text));
    peer->write(wsx::testing::text_frame(text));
    behavior_test::poll(this->io);
    take();
  }
  void take() {
    while (const auto f = peer->take_frame()) {
      recorder.frame({frame_direction::sent, static_cast<wsx::opcode>(f->opcode), f->fin,
                      f->rsv != 0, f->payload.size()},
                     wsx::as_bytes(f->payload));
    }
  }

  wsx::flight_recorder recorder;
  std::optional<wsx::testing::memory_peer> peer;
};

TEST_SUITE("recording/replay") {
  TEST_CASE("the same handler sends the same") {
    const auto result = replay_of(
        {at(1, connected{}), at(2, received("a")), at(3, sent("a")),
         at(4, received("b", wsx::opcode::binary)), at(5, sent("b", wsx::opcode::binary))},
        echo());
    CHECK(difference_of(result) == "");
    CHECK(result.records == 5);
    CHECK(result.connections == 1);
    CHECK(result.received == 2);
    CHECK(result.same == 2);
  }

  TEST_CASE("the first difference has its index, and both frames") {
    const auto result = replay_of({at(1, connected{}), at(2, received("a")), at(3, sent("a")),
                                   at(4, received("b")), at(5, sent("B")), at(6, received("c"))},
                                  echo());
    REQUIRE(result.difference);
    CHECK(result.difference->index == 1);
    CHECK(result.difference->record == 4);
    CHECK(difference_of(result) == "frame 1 (record 4): then text \"B\", now text \"b\"");
    CHECK(result.received == 2);  // it ends there
  }

  TEST_CASE("kind, FIN and length count") {
    const auto difference = [](frame f) {
      return difference_of(
          replay_of({at(1, connected{}), at(2, received("a")), at(3, std::move(f))}, echo()));
    };
    CHECK(difference(sent("a")) == "");
    CHECK(difference(sent("a", wsx::opcode::binary)) ==
          "frame 0 (record 2): then binary \"a\", now text \"a\"");
    auto unfinished = sent("a");
    unfinished.facts.fin = false;
    CHECK_FALSE(difference(unfinished).empty());
    auto longer = sent("a");
    longer.facts.size = 2;
    CHECK_FALSE(difference(longer).empty());
    auto compressed = sent("a");
    compressed.facts.compressed = true;
    CHECK_FALSE(difference(compressed).empty());
  }

  TEST_CASE("a frame that is not sent any more") {
    struct silent {
      void handle_frame(wsx::message) {}
    };
    const std::vector<record> records{at(1, connected{}), at(2, received("a")), at(3, sent("a")),
                                      at(4, ended{})};
    CHECK(difference_of(replay_of(records, silent())) ==
          "frame 0 (record 3): then text \"a\", now nothing");
  }

  TEST_CASE("a frame that was not sent before the connection ended") {
    const std::vector<record> records{at(1, connected{}), at(2, received("a")), at(3, ended{})};
    CHECK(difference_of(replay_of(records, echo())) ==
          "frame 0 (record 2): then nothing, now text \"a\"");
  }

  TEST_CASE("a snapshot may end between a frame and its answer") {
    CHECK(difference_of(replay_of({at(1, connected{}), at(2, received("a"))}, echo())) == "");
  }

  TEST_CASE("what was agreed on is agreed on again") {
    connected open;
    open.subprotocol = "v2";
    const std::vector<record> records{at(1, open), at(2, sent("hello v2"))};
    std::istringstream in(file_of(records));
    wsx::testing::replay_stage stage(in, replay_speed::as_fast_as_possible);
    behavior_test::memory_client<greeter> client(stage.context(), greeter(), calm());
    client.connect(wsx::request(stage.url()).subprotocol("v2"), asio::detached);
    CHECK(difference_of(stage.play()) == "");
  }

  TEST_CASE("so are the parameters of compression") {
    auto options = calm();
    options.deflate = wsx::deflate_options();
    for (const wsx::deflate_parameters agreed : {wsx::deflate_parameters{},
                                                 {.server_no_context_takeover = true},
                                                 {.client_no_context_takeover = true},
                                                 {.server_max_window_bits = 10},
                                                 {.client_max_window_bits = 11}}) {
      connected open;
      open.deflate = agreed;
      std::istringstream in(file_of({at(1, open)}));
      wsx::testing::replay_stage stage(in, replay_speed::as_fast_as_possible);
      behavior_test::memory_client<echo> client(stage.context(), echo(), options);
      client.connect(stage.url(), asio::detached);
      CHECK(difference_of(stage.play()) == "");
      CHECK(client.connection().deflate == agreed);
    }
  }

  TEST_CASE("compressed frames are compared as they were on the wire") {
    auto options = calm();
    options.deflate = wsx::deflate_options();
    connected open;
    open.deflate = wsx::deflate_parameters();
    wsx::testing::server_deflater same_as_client;
    const std::string text(300, 'x');
    auto answer = sent(same_as_client.message(text));
    answer.facts.compressed = true;
    const auto result =
        replay_of({at(1, open), at(2, received(text)), at(3, answer)}, echo(), as_fast(options));
    CHECK(difference_of(result) == "");
    CHECK(result.same == 1);
  }

  TEST_CASE("connections end where they ended, and open again") {
    const std::vector<record> records{at(1, connected{}),
                                      at(2, sent("hello ")),
                                      at(3, ended{}),
                                      at(4'000'000'000, connected{}),
                                      at(4'000'000'001, sent("hello ")),
                                      at(4'000'000'002, received("a")),
                                      at(4'000'000'003, sent("a"))};
    for (const auto& options : {as_fast(), in_time()}) {
      const auto result = replay_of(records, reconnecting(), options);
      CHECK(difference_of(result) == "");
      CHECK(result.connections == 2);
      CHECK(result.same == 3);
    }
    const auto stays_away = replay_of(records, greeter());
    CHECK(difference_of(stays_away) == "record 3: the client does not connect now");
  }

  TEST_CASE("time passes as it did then, or not at all") {
    const std::vector<record> records{at(0, connected{}), at(1'500'000'000, sent("tick")),
                                      at(1'600'000'000, received("a")),
                                      at(1'600'000'001, sent("a")), at(1'700'000'000, ended{})};
    CHECK(difference_of(replay_of(records, ticking(), in_time())) == "");
    CHECK(difference_of(replay_of(records, ticking(), as_fast())) ==
          "frame 0 (record 2): then text \"tick\", now text \"a\"");
  }

  TEST_CASE("keepalive pings come as they came") {
    auto options = calm();
    options.ping_interval = 1s;
    const std::string first("\x01\0\0\0", 4);
    const std::vector<record> records{at(0, connected{}),
                                      at(1'500'000'000, sent(first, wsx::opcode::ping)),
                                      at(1'500'000'001, received(first, wsx::opcode::pong))};
    CHECK(difference_of(replay_of(records, echo(), in_time(options))) == "");
  }

  TEST_CASE("the end of the client ends the replay") {
    ended last;
    last.what = ended::of::client;
    const auto result =
        replay_of({at(1, connected{}), at(2, ended{}), at(3, last), at(4, received("a"))}, echo());
    CHECK(result.records == 3);
    CHECK(difference_of(result) == "");
    const auto unfinished =
        replay_of({at(1, connected{}), at(2, received("a")), at(3, last)}, echo());
    CHECK(difference_of(unfinished) == "frame 0 (record 3): then nothing, now text \"a\"");
  }

  TEST_CASE("a connection whose end is in a gap ends before the next one") {
    const auto result = replay_of({at(1, connected{}), at(2, sent("hello ")), at(3, gap{2}),
                                   at(4, connected{}), at(5, sent("hello "))},
                                  reconnecting());
    CHECK(difference_of(result) == "");
    CHECK(result.connections == 2);
    CHECK(result.same == 2);
  }

  TEST_CASE("frames around a gap are not compared") {
    const auto result = replay_of(
        {at(1, connected{}), at(2, gap{5}), at(3, received("a")), at(4, sent("a"))}, greeter());
    CHECK(difference_of(result) == "");
    CHECK(result.gaps == 1);
    CHECK(result.same == 1);
  }

  TEST_CASE("a received frame that was cut is skipped, of a sent one what there is is compared") {
    auto cut = received("ab");
    cut.facts.size = 1000;
    auto answer = sent("c");
    answer.facts.size = 3;
    const auto result =
        replay_of({at(1, connected{}), at(2, cut), at(3, received("cde")), at(4, answer)}, echo());
    CHECK(difference_of(result) == "");
    CHECK(result.skipped == 1);
    CHECK(result.same == 1);
    answer.payload = "x";
    CHECK_FALSE(difference_of(
                    replay_of({at(1, connected{}), at(3, received("cde")), at(4, answer)}, echo()))
                    .empty());
  }

  TEST_CASE("of a longer pause a day passes") {
    struct hourly : echo {
      int* hours;
      explicit hourly(int* h) : hours(h) {}
      void handle_connect(const wsx::connection_info&, wsx::session& s) {
        s.post_after(*this, 1h, tick{});
      }
      void handle_info(tick, wsx::session& s) {
        ++*hours;
        s.post_after(*this, 1h, tick{});
      }
    };
    int hours = 0;
    constexpr auto week = std::chrono::nanoseconds(24h * 7).count();
    replay_of({at(1, connected{}), at(week, gap{1})}, hourly(&hours), in_time());
    CHECK(hours == 24);
  }

  TEST_CASE("years between two records are no obstacle") {
    auto options = calm();
    options.ping_interval = 20s;
    const auto far = std::numeric_limits<std::int64_t>::max();
    CHECK(replay_of(
              {at(std::numeric_limits<std::int64_t>::min() / 4, connected{}), at(far / 2, gap{1})},
              echo(), in_time(options))
              .records == 2);
  }

  TEST_CASE("what is no whole recording is refused") {
    CHECK_THROWS_WITH_AS(replay(std::filesystem::path("/nowhere"), echo()), "cannot open /nowhere",
                         recording_error);
    CHECK_THROWS_AS(replay_of({at(1, received("a"))}, echo()), recording_error);
    std::istringstream in(file_of({at(1, connected{})}).substr(0, 60));
    CHECK_THROWS_AS(replay(in, echo()), recording_error);
  }

  TEST_CASE("many messages, recorded and replayed: the same bytes") {
    constexpr std::uint64_t messages = WSX_REPLAYED;
    wsx::testing::temp_dir dir;
    const auto file = std::filesystem::path(dir.path()) / "feed.wsxrec";
    {
      recorded_session<digesting> session(messages * 2 * 80);
      for (std::uint64_t i = 0; i < messages; ++i) session.give("message " + std::to_string(i));
      session.recorder.snapshot(file);
    }
    const auto result = replay(file, digesting(), as_fast());
    CHECK(difference_of(result) == "");
    CHECK(result.same == messages);
    CHECK(result.gaps == 0);
    const auto changed = replay(file, digesting{.spoiled_at = messages / 2}, as_fast());
    REQUIRE(changed.difference);
    CHECK(changed.difference->index == messages / 2 - 1);
  }
}

}  // namespace
