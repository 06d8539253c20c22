// The code about offloaded handlers and recordings; scripts/check-docs compares it.
#include <wsx/recording/flight_recorder.hpp>
#include <wsx/testing/replay.hpp>
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace {

struct order_feed {
  void handle_frame(wsx::text) {}
};

struct update {
  std::string prices{};
};

std::string_view instrument_of(const wsx::message& m) {
  return m.text().substr(0, 7);
}

void blank_passwords(std::span<std::byte>) {}

std::string parse(wsx::text m) {
  return std::string(m.payload);
}

// [offload handler]
struct book {
  // The messages of an instrument are handled in order, those of different ones at the same time.
  std::string_view key(const wsx::message& m) const { return instrument_of(m); }

  // On a worker.
  wsx::action handle_frame(wsx::text m, wsx::worker_session& s) {
    const auto prices = parse(m);           // slow
    if (!s.is_current()) return wsx::ok();  // its connection has ended: nobody waits for this
    s.post(*this, update{prices});          // to the strand
    return wsx::reply("seen");
  }

  // On the strand, as all other callbacks.
  void handle_info(const update& u) { last = u; }
  void handle_dropped(wsx::message) { ++dropped; }

  update last{};
  int dropped = 0;
};
// [offload handler]

asio::awaitable<void> offload(asio::io_context& io, std::string url) {
  // [offload]
  asio::thread_pool pool(4);
  wsx::offload_options queue;
  queue.policy = wsx::overflow_policy::conflate;  // only the latest message of each instrument
  queue.workers = 4;
  wsx::client<wsx::offloaded<book>> client(io, std::in_place, pool, queue);
  co_await client.connect(url);
  // [offload]
}

std::shared_ptr<wsx::flight_recorder> flight_recorder() {
  // [flight recorder]
  wsx::recorder_options options;
  options.memory = 16 * 1024 * 1024;
  options.redact = [](const wsx::recording::frame_facts&, std::span<std::byte> payload) {
    blank_passwords(payload);
  };
  const auto recorder = std::make_shared<wsx::flight_recorder>(options);
  // ... when something looks wrong, from any thread:
  recorder->snapshot("feed.wsxrec");
  // [flight recorder]
  return recorder;
}

asio::awaitable<void> record(asio::io_context& io, std::string url) {
  const auto recorder = flight_recorder();
  // [recorded]
  wsx::client<wsx::recorded<order_feed>> client(io, std::in_place, order_feed(), recorder,
                                                "feed.wsxrec");
  co_await client.connect(url);
  // [recorded]
}

struct parser {
  void handle_frame(wsx::text) {}
};

wsx::client<wsx::offloaded<parser>> offloaded_hpp(asio::io_context& io, asio::thread_pool& pool) {
  // [wsx/offloaded.hpp]
  wsx::client<wsx::offloaded<parser>> client(
      io, std::in_place, pool, wsx::offload_options().set(&wsx::offload_options::workers, 4));
  // [wsx/offloaded.hpp]
  return client;
}

wsx::offload_options offload_options_hpp() {
  // clang-format off
  return
      // [wsx/offload_options.hpp]
      wsx::offload_options()
          .set(&wsx::offload_options::policy, wsx::overflow_policy::conflate)
          .set(&wsx::offload_options::workers, 4)
      // [wsx/offload_options.hpp]
      ;
  // clang-format on
}

struct feed {
  void handle_frame(wsx::text) {}
};

void replay_hpp() {
  // [wsx/testing/replay.hpp]
  const auto result = wsx::testing::replay("feed.wsxrec", feed());
  if (result.difference) std::puts(describe(*result.difference).c_str());
  // [wsx/testing/replay.hpp]
}

void recorded_hpp(asio::io_context& io) {
  // [wsx/recorded.hpp]
  const auto recorder = std::make_shared<wsx::flight_recorder>();
  wsx::client<wsx::recorded<feed>> client(io, std::in_place, feed(), recorder, "feed.wsxrec");
  // Whenever something looks wrong, from any thread:
  recorder->snapshot("now.wsxrec");
  // [wsx/recorded.hpp]
}

void flight_recorder_hpp() {
  // [wsx/recording/flight_recorder.hpp]
  const auto recorder = std::make_shared<wsx::flight_recorder>();
  // ... later, on any thread ...
  recorder->snapshot("feed.wsxrec");
  // [wsx/recording/flight_recorder.hpp]
}

}  // namespace

// What is only compiled.
void use_offload(asio::io_context& io, asio::thread_pool& pool) {
  (void)offload(io, "ws://localhost");
  (void)record(io, "ws://localhost");
  offloaded_hpp(io, pool);
  offload_options_hpp();
  replay_hpp();
  recorded_hpp(io);
  flight_recorder_hpp();
}
