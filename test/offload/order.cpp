#include "../../lib/offload/offload.hpp"
#include "support.hpp"

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <random>

// Messages with one key are handled one at a time, in order.

namespace {

using namespace offload_test;
using wsx::detail::message_lanes;

// "key:number"
std::string key_in(std::string_view text) {
  return std::string(text.substr(0, text.find(':')));
}
int number_in(std::string_view text) {
  int number = -1;
  std::from_chars(text.data() + text.find(':') + 1, text.data() + text.size(), number);
  return number;
}

// What is known of a key is unprotected: two workers with the same key would be a data race.
struct per_key {
  std::map<std::string, int>* last;  // of each key, made in advance
  std::atomic<int>* out_of_order;

  std::string key(const wsx::message& m) const { return key_in(m.text()); }

  wsx::action handle_frame(wsx::message m) {
    int& before = last->at(key_in(m.text()));
    if (number_in(m.text()) != before + 1) ++*out_of_order;
    before = number_in(m.text());
    return wsx::reply(m);
  }
};

// The same as a coroutine, which a worker may leave and another resume.
struct per_key_coroutine : per_key {
  explicit per_key_coroutine(per_key state) : per_key(state) {}

  asio::awaitable<wsx::action> handle_frame(wsx::message m) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    co_return per_key::handle_frame(m);
  }
};

enum class color { red, blue };
struct by_color {
  lines* seen;
  color key(const wsx::message& m) { return m.text()[0] == 'r' ? color::red : color::blue; }
  void handle_frame(wsx::text m) { seen->push_back(std::string(m.payload)); }
};

struct recorder {
  lines* seen;
  void handle_frame(wsx::text m) { seen->push_back(std::string(m.payload)); }
};

// Each reply is in order within its key. Returns how many there were.
int count_in_order(memory_peer& peer, std::map<std::string, int>& replied) {
  int count = 0;
  while (const auto frame = peer.take_frame()) {
    ++count;
    int& before = replied[key_in(frame->payload)];
    CHECK(number_in(frame->payload) == ++before);
  }
  return count;
}

template <class Handler>
void keep_order_on_threads(int messages) {
  constexpr int keys = 7;
  std::map<std::string, int> last;
  std::map<std::string, int> replied;
  std::atomic<int> out_of_order{0};
  for (int k = 0; k < keys; ++k) last["k" + std::to_string(k)] = 0;
  asio::thread_pool threads(4);
  {
    asio::io_context io;
    memory_listener server("server");
    memory_client<wsx::offloaded<Handler>> client(io, calm(), std::in_place, threads,
                                                  with(overflow_policy::wait, 50, 4),
                                                  per_key{&last, &out_of_order});
    client.connect(server.url(), asio::detached);
    poll(io);
    auto peer = *server.next();
    peer.accept();
    poll(io);
    for (int i = 0; i < messages; ++i) {
      peer.write(text_frame("k" + std::to_string(i % keys) + ":" + std::to_string(i / keys + 1)));
    }
    int replies = 0;
    CHECK(run_until(io, [&] { return (replies += count_in_order(peer, replied)) == messages; }));
  }
  threads.join();
  CHECK(out_of_order == 0);
}

// Adds, begins, ends and drops at random, beside a model.
struct lanes_model {
  void step(std::mt19937& random) {
    switch (random() % 4) {
      case 0:
      case 1: return add("k" + std::to_string(random() % 5));
      case 2: return begin_or_end(random() % 2 == 0);
      default:
        if (random() % 8 == 0 && !lanes.none_waits()) drop();
    }
  }
  void add(const std::string& key) {
    message_lanes::jobs one;
    const std::string text = key + ":" + std::to_string(++added);
    one.emplace_back(owner, text, nullptr);
    lanes.add(key, std::move(one));
    waiting.push_back(text);
  }
  void begin_or_end(bool begins) {
    if (begins) return begin();
    if (running.empty()) return;
    const auto job = running.begin()->second;
    running.erase(running.begin());
    CHECK(lanes.end(*job).size() == 1);
  }
  void begin() {
    auto* const job = lanes.begin();
    if (job == nullptr) {
      for (const auto& each : waiting) CHECK(running.count(key_in(each)) == 1);
      return;
    }
    const auto key = key_in(job->what.text());
    CHECK(running.emplace(key, job).second);
    const auto oldest = std::find_if(waiting.begin(), waiting.end(),
                                     [&](const auto& each) { return key_in(each) == key; });
    CHECK(*oldest == job->what.text());
    waiting.erase(oldest);
  }
  void drop() {
    CHECK(lanes.drop_oldest().front().what.text() == waiting.front());
    waiting.erase(waiting.begin());
  }
  void end() {
    while (!lanes.idle()) {
      begin_or_end(true);
      begin_or_end(false);
    }
  }

  asio::io_context io;
  wsx::detail::offload owner{io.get_executor(), {}, {}};
  message_lanes lanes{1000, 1'000'000};
  lines waiting;
  std::map<std::string, wsx::detail::lane_job*> running;
  int added = 0;
};

TEST_SUITE("offload/order") {
  TEST_CASE("without keys, one message after the other") {
    lines seen;
    offload_fixture<recorder> f(with(overflow_policy::wait, 100, 4), &seen);
    auto peer = f.open();
    for (const char* each : {"a", "b", "c"}) peer.write(text_frame(each));
    f.settle();
    CHECK(f.work());
    CHECK(seen == lines{"a", "b", "c"});
  }

  TEST_CASE("the key may be an enumerator") {
    lines seen;
    offload_fixture<by_color> f(with(overflow_policy::conflate, 100), &seen);
    auto peer = f.open();
    for (const char* each : {"red 1", "blue 1", "red 2", "blue 2"}) peer.write(text_frame(each));
    f.run();
    CHECK(seen == lines{"red 2", "blue 2"});
  }

  TEST_CASE("a key given as an option comes first") {
    lines seen;
    auto options = with(overflow_policy::conflate, 100);
    options.key = [](const wsx::message& m) { return std::string(m.text().substr(0, 5)); };
    offload_fixture<by_color> f(std::move(options), &seen);
    auto peer = f.open();
    for (const char* each : {"red 1", "red 2", "red 2!"}) peer.write(text_frame(each));
    f.run();
    CHECK(seen == lines{"red 1", "red 2!"});
  }

  TEST_CASE("many workers keep the order of each key, and so do the replies") {
    keep_order_on_threads<per_key>(3000);
  }

  TEST_CASE("coroutines keep it, too") {
    keep_order_on_threads<per_key_coroutine>(1000);
  }

  TEST_CASE("whatever happens, lanes keep the order, and nothing of keys without messages") {
    std::mt19937 random(1);
    lanes_model model;
    for (int i = 0; i < 5000; ++i) model.step(random);
    model.end();
    CHECK(model.waiting.empty());
    CHECK(model.lanes.bytes() == 0);
    CHECK(model.lanes.lanes() == 0);
  }
}

}  // namespace
