// The code of docs/operations.md; scripts/check-docs compares it.
#include <wsx/recording/flight_recorder.hpp>
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;

struct refresh {};

struct account_feed {
  void handle_frame(wsx::text) {}
  void handle_cast(refresh) {}
};

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

asio::awaitable<void> supervise(asio::io_context& io, std::string url) {
  // [supervisor]
  wsx::supervisor_options options;
  options.strategy = wsx::restart_strategy::rest_for_one;
  options.intensity = 5;
  options.period = 60s;

  wsx::supervisor trading(
      io, options,
      {
          {"account", [&] { return wsx::child(wsx::client<account_feed>(io), url); }},
          {"orders", [&] { return wsx::child(wsx::client<order_feed>(io), url); }},
      });
  co_await trading.start();
  trading.cast<account_feed>("account", refresh{});
  co_await trading.join();  // throws if it gives up
  // [supervisor]
}

asio::awaitable<void> link_two(asio::io_context& io) {
  // [link]
  wsx::client<account_feed> account(io);
  wsx::client<order_feed> orders(io);
  wsx::link(account, orders);
  // [link]
  co_return;
}

struct feed {
  void handle_frame(wsx::text) {}
};

void send_to_dashboard(const std::string&) {}

asio::awaitable<void> show_status(wsx::client<feed>& client) {
  // [status]
  const wsx::client_status now = co_await client.status();
  if (now.phase != wsx::client_phase::open) std::cerr << to_string(now) << '\n';
  send_to_dashboard(wsx::to_json(now));
  // [status]
}

asio::awaitable<void> watch_server(asio::io_context& io) {
  // [liveness]
  wsx::options options;
  options.data_timeout = 10s;  // an exchange always has something to say
  options.heartbeat = wsx::heartbeat(20s, R"({"op":"ping"})");
  wsx::client<feed> client(io, options);
  // [liveness]
  co_return;
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

  asio::awaitable<void> offload(asio::io_context & io, std::string url) {
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

}  // namespace

// What is only compiled.
void use_operations(asio::io_context& io) {
  (void)offload(io, "ws://localhost");
  (void)flight_recorder();
  struct feed_v1 {
    static constexpr std::string_view version = "1";
    void handle_frame(wsx::text) { ++count; }
    long count = 0;
  };

  // [code_change]
  struct feed_v2 {
    static constexpr std::string_view version = "2";
    static feed_v2 code_change(const wsx::old_version&, const feed_v1& old) {
      return {old.count, 0};
    }

    void handle_frame(wsx::text t) {
      ++count;
      bytes += t.payload.size();
    }

    long count = 0;
    std::size_t bytes = 0;
  };
  // [code_change]

}  // namespace

// [module]
struct feed {
  static constexpr std::string_view version = "2";
  static feed code_change(const wsx::old_version&, std::string_view saved) {
    return {std::stol(std::string(saved))};
  }
  std::string save() const { return std::to_string(count); }
  void handle_frame(wsx::text) { ++count; }
  long count = 0;
};

WSX_EXPORT_HANDLER(feed)
// [module]

namespace {

asio::awaitable<void> swap(wsx::client<wsx::any_handler>& client) {
  // [swap]
  try {
    const wsx::module next("/opt/feed/feed-2.so");
    co_await client.code_change(next);
  } catch (const wsx::system_error& e) {
    std::cerr << e.what() << '\n';  // the old version goes on
  }
  // [swap]
}

}  // namespace

// What is only compiled.
void use_operations(asio::io_context& io, wsx::client<wsx::any_handler>& client) {
  (void)client.code_change<feed_v2>();
  (void)swap(client);
  (void)record(io, "ws://localhost");
  (void)supervise(io, "ws://localhost");
  (void)link_two(io);
  (void)watch_server(io);
  wsx::client<feed> client(io);
  (void)show_status(client);
}
