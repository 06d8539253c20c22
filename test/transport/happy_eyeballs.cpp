#include "../../lib/transport/happy_eyeballs.hpp"

#include "../common/black_hole.hpp"

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#ifdef __linux__
#include <filesystem>
#endif

// The race itself, between real sockets. When what begins is a test of attempt_schedule.

namespace {

using namespace std::chrono_literals;
using namespace common_test;
using asio::ip::tcp;
using wsx::happy_eyeballs;

struct server {
  asio::io_context io;
  tcp::acceptor acceptor;

  explicit server(const std::string& address = "127.0.0.1")
      : acceptor(io, tcp::endpoint(asio::ip::make_address(address), 0)) {}
  tcp::endpoint endpoint() const { return acceptor.local_endpoint(); }
};

// Where nobody listens.
tcp::endpoint refusing() {
  return server().endpoint();
}

struct race {
  asio::io_context io;
  wsx::dial_options options;
  std::shared_ptr<happy_eyeballs> all;
  std::optional<std::error_code> result{};

  explicit race(std::vector<tcp::endpoint> to, std::chrono::milliseconds limit = 0ms)
      : options{.address_timeout = limit},
        all(std::make_shared<happy_eyeballs>(io.get_executor(), std::move(to), options)) {
    asio::co_spawn(io, all->connect(),
                   [this](const std::exception_ptr&, std::error_code error) { result = error; });
  }

  tcp::endpoint peer() { return all->take().remote_endpoint(); }
};

}  // namespace

TEST_SUITE("transport/happy_eyeballs") {
  TEST_CASE("the first one connects at once: no other is tried") {
    const server first;
    const server second;
    race r({first.endpoint(), second.endpoint()});
    r.io.run();
    CHECK(r.result == std::error_code());
    CHECK(r.all->begun() == 1);
    CHECK(r.peer() == first.endpoint());
  }

  TEST_CASE("those that refuse are followed by the next, and have their error") {
    const server last;
    race r({refusing(), refusing(), last.endpoint()});
    r.io.run();
    CHECK(r.result == std::error_code());
    CHECK(r.all->begun() == 3);
    CHECK(r.all->error_of(0) == asio::error::connection_refused);
    CHECK(r.all->error_of(1) == asio::error::connection_refused);
    CHECK(r.all->error_of(2) == std::error_code());
    CHECK(r.peer() == last.endpoint());
  }

  TEST_CASE("all refuse") {
    race r({refusing(), refusing()});
    r.io.run();
    CHECK(r.result == asio::error::connection_refused);
    CHECK(r.all->begun() == 2);
  }

  TEST_CASE("an address family that the machine has no address of is not waited for") {
    const server last;
    const tcp::endpoint nowhere(asio::ip::make_address("255.255.255.255"), 80);
    race r({nowhere, last.endpoint()});
    r.io.run();
    CHECK(r.result == std::error_code());
    CHECK(r.all->error_of(0));
  }

#ifdef __linux__

  namespace {

  std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
      ++count;
    }
    return count;
  }

  }  // namespace

  TEST_CASE("one that never answers does not keep the next from connecting") {
    const black_hole silent;
    const server second("127.0.0.3");
    race r({silent.endpoint(), second.endpoint()});
    r.io.run();
    CHECK(r.result == std::error_code());
    CHECK(r.all->begun() == 2);
    CHECK(r.all->error_of(0) == asio::error::in_progress);
    CHECK(r.peer() == second.endpoint());
  }

  TEST_CASE("the losers are closed, and nothing is left to run") {
    const black_hole silent;
    const server second("127.0.0.3");
    race r({silent.endpoint(), silent.endpoint(), second.endpoint()});
    r.io.poll();
    const auto before = open_descriptors();  // one socket is open
    r.io.run();
    CHECK(r.all->begun() == 3);
    CHECK(open_descriptors() == before);  // another one is
    const std::weak_ptr<happy_eyeballs> left = r.all;
    r.all.reset();
    CHECK(left.expired());
    CHECK(open_descriptors() == before - 1);
  }

  TEST_CASE("the limit of an address is its end, and the last one is waited for as well") {
    const black_hole silent;
    race r({silent.endpoint(), silent.endpoint()}, 1ms);
    r.io.run();
    CHECK(r.result == asio::error::timed_out);
    CHECK(r.all->begun() == 2);
    CHECK(r.all->error_of(0) == asio::error::timed_out);
    CHECK(r.all->error_of(1) == asio::error::timed_out);
  }

  TEST_CASE("canceled in the middle: it ends at once, and closes what it has opened") {
    const black_hole silent;
    race r({silent.endpoint(), silent.endpoint()});
    const auto before = open_descriptors();
    r.io.poll();
    CHECK(open_descriptors() == before + 1);
    CHECK_FALSE(r.result);
    r.all->cancel();
    CHECK(open_descriptors() == before);
    r.io.run();
    CHECK(r.result == asio::error::operation_aborted);
    CHECK(r.all->begun() == 1);
  }

  TEST_CASE("its context ends in the middle") {
    const black_hole silent;
    auto before = open_descriptors();
    auto r = std::make_unique<race>(std::vector{silent.endpoint(), silent.endpoint()});
    r->io.poll();
    const std::weak_ptr<happy_eyeballs> left = r->all;
    r.reset();
    CHECK(left.expired());
    CHECK(open_descriptors() == before);
  }

#endif
}
