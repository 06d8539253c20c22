#include "support.hpp"

#include <wsx/metered.hpp>
#include <wsx/prometheus.hpp>
#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/scripted_server.hpp>

#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <thread>

// What any thread may do while the client's runs: read metrics, and switch traces.

namespace {

using namespace telemetry_test;

struct pinger {
  std::atomic<int>* frames;
  void handle_frame(wsx::text) { ++*frames; }
};

}  // namespace

TEST_SUITE("telemetry/threads") {
  TEST_CASE("metrics are read and traces switched from other threads, in traffic") {
    scripted_server server{echo_script()};
    asio::thread_pool pool(2);
    std::atomic<int> frames{0};
    std::atomic<int> traced{0};
    constexpr int many = 2000;
    {
      wsx::client<wsx::metered<pinger>> client(pool.get_executor(), wsx::metered(pinger{&frames}));
      const auto counts = client.handler().metrics();
      std::atomic<bool> done{false};
      std::thread reader([&] {
        std::uint64_t before = 0;
        while (!done) {
          const auto v = counts->values();
          CHECK(v.received.messages >= before);
          before = v.received.messages;
          CHECK(!wsx::to_prometheus(*counts).empty());
        }
      });
      std::thread switcher([&] {
        while (!done) {
          client.trace([&](std::string_view) { ++traced; });
          client.keep_trace(10);
          client.collect_statistics();
          client.kept_trace();
          client.statistics();
          std::this_thread::yield();
          client.untrace();
          client.keep_trace(0);
          client.collect_statistics(false);
        }
      });
      client.connect(server.url(), asio::use_future).get();
      auto sender = client.make_sender();
      for (int i = 0; i < many; ++i) {
        while (!sender.try_send(wsx::text{"x"})) std::this_thread::yield();
      }
      while (frames < many) std::this_thread::yield();
      done = true;
      reader.join();
      switcher.join();
      CHECK(counts->values().received.messages == many);
      client.close(asio::use_future).get();
      CHECK(counts->values().sent.messages == many);
    }
    pool.join();
  }
}
