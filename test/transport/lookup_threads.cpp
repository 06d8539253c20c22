#include "../../lib/transport/lookup_threads.hpp"

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <exception>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sys/wait.h>
#include <unistd.h>
#endif

// The threads, with a function in place of getaddrinfo that blocks as long as the test wants it to.

namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using wsx::lookup_result;
using wsx::lookup_threads;

const auto here = asio::ip::address_v4::loopback();

// The names whose lookup blocks, until the test lets them go. A result has the number of lookups
// that had begun by then as its port.
class blocking_names {
 public:
  void block(const std::string& name) {
    const std::lock_guard lock(mutex_);
    blocked_[name] = std::promise<void>();
  }
  void let_go(const std::string& name) {
    const std::lock_guard lock(mutex_);
    blocked_.at(name).set_value();
    blocked_.erase(name);
  }
  lookup_result find(const std::string& name) {
    std::optional<std::future<void>> until;
    std::uint16_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      begun_.push_back(name);
      number = static_cast<std::uint16_t>(begun_.size());
      if (const auto i = blocked_.find(name); i != blocked_.end()) until = i->second.get_future();
    }
    if (until) until->wait();  // the promise is gone by then
    if (name == "throws") throw std::runtime_error("no luck");
    lookup_result result;
    result.found = {{here, number}};
    return result;
  }
  std::vector<std::string> begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    begun_.clear();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::promise<void>> blocked_;
  std::vector<std::string> begun_;
};

blocking_names& names() {
  static auto& all = *new blocking_names();  // a thread may outlive the statics
  return all;
}

lookup_result find(const std::string& host, std::uint16_t) {
  return names().find(host);
}

std::shared_ptr<lookup_threads> make_threads(std::size_t most,
                                             std::chrono::milliseconds idle = 1ms) {
  names().forget();
  return std::make_shared<lookup_threads>(find, most, idle);
}

struct asked {
  std::shared_ptr<wsx::lookup> lookup;
  std::optional<lookup_result> result{};

  asked(asio::io_context& io, lookup_threads& threads, const std::string& name)
      : lookup(wsx::make_thread_lookup(wsx::as_strand(io.get_executor()), threads, name, 80)) {
    lookup->begin();
    asio::co_spawn(io, lookup->wait(), [this](const std::exception_ptr&, lookup_result found) {
      result = std::move(found);
    });
  }
};

// What the test waits for comes from another thread; if it does not come, the test times out.
template <class Condition>
void wait_until(Condition met) {
  while (!met()) std::this_thread::yield();
}

void wait_until_begun(const std::string& name) {
  wait_until([&] { return std::ranges::count(names().begun(), name) > 0; });
}

}  // namespace

TEST_SUITE("transport/lookup_threads") {
  TEST_CASE("a result comes on the strand, and the context runs until then") {
    const auto threads = make_threads(1);
    asio::io_context io;
    asked one(io, *threads, "one");
    io.run();
    REQUIRE(one.result);
    CHECK_FALSE(one.result->error);
    CHECK(one.result->found == std::vector<tcp::endpoint>{{here, 1}});
  }

  TEST_CASE("one that blocks delays no other") {
    const auto threads = make_threads(2);
    names().block("stuck");
    asio::io_context io;
    asked stuck(io, *threads, "stuck");
    wait_until_begun("stuck");
    std::vector<std::unique_ptr<asked>> others;
    for (int i = 0; i < 10; ++i)
      others.push_back(std::make_unique<asked>(io, *threads, std::to_string(i)));
    while (!std::ranges::all_of(others, [](const auto& each) { return each->result.has_value(); }))
      io.run_one();
    CHECK_FALSE(stuck.result);
    CHECK(threads->threads() == 2);
    names().let_go("stuck");
    io.run();
    CHECK(stuck.result);
  }

  TEST_CASE("beyond the limit they wait for their turn, in order") {
    const auto threads = make_threads(1);
    names().block("stuck");
    asio::io_context io;
    asked stuck(io, *threads, "stuck");
    wait_until_begun("stuck");
    asked first(io, *threads, "first");
    asked second(io, *threads, "second");
    asked third(io, *threads, "third");
    CHECK(threads->threads() == 1);
    CHECK(threads->waiting() == 3);
    second.lookup->cancel();
    CHECK(threads->waiting() == 2);
    names().let_go("stuck");
    io.run();
    CHECK(second.result.value().error == asio::error::operation_aborted);
    CHECK(first.result.value().found.size() == 1);
    CHECK(third.result.value().found.size() == 1);
    CHECK(names().begun() == std::vector<std::string>{"stuck", "first", "third"});
  }

  TEST_CASE("canceled while it blocks: the context does not wait for the thread") {
    const auto threads = make_threads(1);
    names().block("stuck");
    asio::io_context io;
    std::weak_ptr<wsx::lookup> left;
    {
      asked stuck(io, *threads, "stuck");
      left = stuck.lookup;
      wait_until_begun("stuck");
      stuck.lookup->cancel();
      io.run();
      CHECK(stuck.result.value().error == asio::error::operation_aborted);
      CHECK(threads->threads() == 1);  // still blocked
    }
    CHECK(left.expired());  // the thread has nothing of it
    names().let_go("stuck");
    wait_until([&] { return threads->threads() == 0; });
  }

  TEST_CASE("its context ends while it blocks, or waits: the result goes nowhere") {
    const auto threads = make_threads(1);
    names().block("stuck");
    std::weak_ptr<wsx::lookup> left[2];
    {
      asio::io_context io;
      auto stuck = std::make_unique<asked>(io, *threads, "stuck");
      wait_until_begun("stuck");
      auto waiting = std::make_unique<asked>(io, *threads, "waiting");
      left[0] = stuck->lookup;
      left[1] = waiting->lookup;
      stuck->lookup.reset();
      waiting->lookup.reset();
      io.poll();
    }
    CHECK(left[0].expired());
    CHECK(left[1].expired());
    CHECK(threads->waiting() == 0);
    names().let_go("stuck");
    wait_until([&] { return threads->threads() == 0; });
    CHECK(names().begun() == std::vector<std::string>{"stuck"});
  }

  TEST_CASE("what the function throws is in the result") {
    const auto threads = make_threads(1);
    asio::io_context io;
    asked one(io, *threads, "throws");
    io.run();
    CHECK_THROWS_WITH(std::rethrow_exception(one.result.value().exception), "no luck");
  }

  TEST_CASE("a thread serves many, and ends when it has been idle") {
    const auto threads = make_threads(1, 10s);
    asio::io_context io;
    for (int i = 0; i < 100; ++i) {
      asked one(io, *threads, std::to_string(i));
      io.restart();
      io.run();
      REQUIRE(one.result);
      REQUIRE(threads->threads() == 1);
    }
    const auto hasty = make_threads(4, 0ms);
    asked one(io, *hasty, "one");
    io.restart();
    io.run();
    wait_until([&] { return hasty->threads() == 0; });
    asked again(io, *hasty, "again");
    io.restart();
    io.run();
    CHECK(again.result);
  }

  TEST_CASE("many threads ask, and contexts end meanwhile") {
    const auto threads = make_threads(4);
    std::vector<std::thread> users;
    for (int i = 0; i < 4; ++i) {
      users.emplace_back([&] {
        for (int round = 0; round < 200; ++round) {
          asio::io_context io;
          std::vector<std::unique_ptr<asked>> all;
          for (int each = 0; each < 4; ++each)
            all.push_back(std::make_unique<asked>(io, *threads, "x"));
          if (round % 2 == 0) {
            io.run();
          } else {
            io.run_one();
            if (round % 4 == 1) all.back()->lookup->cancel();
            all.clear();
          }
        }
      });
    }
    for (auto& each : users) each.join();
    CHECK(threads->threads() <= 4);
    CHECK(threads->waiting() == 0);
  }

  TEST_CASE("getaddrinfo: an address of this machine, and a name that can't be") {
    const auto found = wsx::look_up_blocking("127.0.0.1", 80);
    CHECK_FALSE(found.error);
    CHECK(found.found == std::vector<tcp::endpoint>{{here, 80}});
    // RFC 1035 2.3.4: a label has at most 63 characters. No name server is asked.
    const auto none = wsx::look_up_blocking(std::string(64, 'a') + ".example", 80);
    CHECK(none.error);
    CHECK(none.found.empty());
  }

#ifdef __linux__

  TEST_CASE("a forked process has threads of its own, and does not wait for its parent's") {
    auto& parents = lookup_threads::of_process();
    CHECK(&parents == &lookup_threads::of_process());
    const auto threads = make_threads(1);
    names().block("stuck");
    asio::io_context io;
    asked stuck(io, *threads, "stuck");
    wait_until_begun("stuck");
    const pid_t child = ::fork();
    if (child == 0) {
      stuck.lookup->cancel();
      auto& own = lookup_threads::of_process();
      ::_exit(&own != &parents && own.threads() == 0 ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    names().let_go("stuck");
    io.run();
    CHECK(stuck.result);
  }

#endif
}
