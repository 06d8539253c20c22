#pragma once

#include "../behavior/support.hpp"

#include <wsx/offloaded.hpp>

#include <asio/detached.hpp>
#include <asio/thread_pool.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// What doctest prints when two logs differ.
template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& each : all) text += "\n    " + each;
    return text.c_str();
  }
};

// What the tests of offloaded handlers share. Most run the workers on a loop of their own, which
// the test polls, so that it knows what happens when; the others on threads.
namespace offload_test {

using namespace behavior_test;
using namespace std::chrono_literals;
using wsx::errc;
using wsx::offload_options;
using wsx::overflow_policy;
using wsx::worker_session;
using wsx::testing::binary_frame;
using wsx::testing::close_frame;
using wsx::testing::text_frame;

inline offload_options with(overflow_policy policy, std::size_t max_messages,
                            std::size_t workers = 1) {
  return offload_options()
      .set(&offload_options::policy, policy)
      .set(&offload_options::max_messages, max_messages)
      .set(&offload_options::workers, workers);
}

// A client of an offloaded handler, with workers that the test runs.
template <class Handler>
struct offload_fixture {
  template <class... Args>
  explicit offload_fixture(offload_options options, Args&&... args)
      : offload_fixture(std::in_place, calm(), std::move(options), std::forward<Args>(args)...) {}
  template <class... Args>
  offload_fixture(std::in_place_t, wsx::options o, offload_options options, Args&&... args)
      : clock(io),
        server("server"),
        client(std::in_place, io, std::move(o), std::in_place, pool, std::move(options),
               std::forward<Args>(args)...) {}

  memory_peer open() {
    client->connect(server.url(), connected.token());
    client->join(ended.join_token());
    return accept();
  }
  memory_peer accept() {
    poll(io);
    auto peer = server.next();
    REQUIRE(peer);
    peer->accept();
    poll(io);
    return *peer;
  }

  // The client does what it can, the workers nothing.
  void settle() { poll(io); }
  // One step of the workers. Returns whether there was any.
  bool work() {
    pool.restart();
    return pool.poll_one() > 0;
  }
  // Everybody does what he can.
  void run() {
    do settle();
    while (work());
  }

  wsx::offload_stats stats() const { return stats_of->queue_stats(); }

  asio::io_context io;
  asio::io_context pool;
  wsx::testing::virtual_clock clock;
  memory_listener server;
  std::optional<memory_client<wsx::offloaded<Handler>>> client;
  wsx::offloaded<Handler>* stats_of = &client->handler();
  outcome connected;
  outcome ended;
};

// A gate that workers wait at, on threads.
class barrier {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void await_waiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

}  // namespace offload_test
