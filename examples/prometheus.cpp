// The metrics of a client at an HTTP endpoint for Prometheus, by prometheus-cpp. The server of the
// client runs in this program, too. Usage: prometheus [SECONDS TO STAY]

#include <wsx/metered.hpp>
#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <string>
#include <utility>
#include <vector>

namespace {

struct feed {
  wsx::action handle_connect(const wsx::connection_info&) { return wsx::reply(wsx::text{"hello"}); }
  wsx::action handle_frame(wsx::text) { return wsx::close(); }
};

// What Prometheus asks for, read from the client's counters whenever it asks.
class client_collector : public prometheus::Collectable {
 public:
  client_collector(std::string venue, std::shared_ptr<const wsx::metrics> counts)
      : venue_(std::move(venue)), counts_(std::move(counts)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const wsx::metric_values now = counts_->values();
    return {
        counter("wsx_client_connections_total", "Connections that were opened.", now.connections),
        counter("wsx_client_reconnects_total", "Decisions to connect again.", now.reconnects),
        counter("wsx_client_messages_received_total", "Whole messages.", now.received.messages),
        counter("wsx_client_messages_sent_total", "Whole messages.", now.sent.messages),
        histogram("wsx_client_callback_duration_seconds", "How long callbacks took.",
                  now.callbacks),
    };
  }

 private:
  prometheus::ClientMetric labeled() const {
    prometheus::ClientMetric metric;
    metric.label.push_back({"venue", venue_});
    return metric;
  }

  prometheus::MetricFamily counter(const char* name, const char* help, std::uint64_t value) const {
    auto metric = labeled();
    metric.counter.value = static_cast<double>(value);
    return {name, help, prometheus::MetricType::Counter, {std::move(metric)}};
  }

  prometheus::MetricFamily histogram(const char* name, const char* help,
                                     const wsx::duration_histogram& values) const {
    auto metric = labeled();
    metric.histogram.sample_count = values.count();
    metric.histogram.sample_sum = std::chrono::duration<double>(values.sum).count();
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < values.bounds.size(); ++i) {
      below += values.counts[i];
      metric.histogram.bucket.push_back(
          {below, std::chrono::duration<double>(values.bounds[i]).count()});
    }
    return {name, help, prometheus::MetricType::Histogram, {std::move(metric)}};
  }

  std::string venue_;
  std::shared_ptr<const wsx::metrics> counts_;
};

asio::awaitable<void> run(wsx::client<wsx::metered<feed>>& client, std::string url,
                          std::chrono::seconds time) {
  co_await client.connect(std::move(url));
  co_await client.join();
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::seconds time(argc > 1 ? std::atoi(argv[1]) : 0);
  wsx::testing::scripted_server server{wsx::testing::echo_script()};
  asio::io_context io;
  wsx::client<wsx::metered<feed>> client(io);

  const auto collector = std::make_shared<client_collector>("echo", client.handler().metrics());
  prometheus::Exposer exposer("127.0.0.1:0");
  exposer.RegisterCollectable(collector);
  fmt::print("http://127.0.0.1:{}/metrics\n", exposer.GetListeningPorts().front());

  asio::co_spawn(io, run(client, server.url(), time), asio::detached);
  io.run();
  fmt::print("{}", prometheus::TextSerializer().Serialize(collector->Collect()));
  return client.handler().metrics()->values().connections == 1 ? 0 : 1;
}
