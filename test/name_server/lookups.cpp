#include "../../lib/transport/cares_lookup.hpp"
#include "../../lib/transport/lookup_threads.hpp"
#include "name_server.hpp"

#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

// Lookups in a network whose name server is the test's: the program runs by name_server/run.

namespace {

using namespace name_server_test;
using asio::ip::tcp;
using wsx::lookup_result;

struct by_threads {
  static std::shared_ptr<wsx::lookup> make(const wsx::strand& s, const std::string& name) {
    return wsx::make_thread_lookup(s, wsx::lookup_threads::of_process(), name, 80);
  }
};

#ifdef WSX_HAS_CARES
struct by_cares {
  static std::shared_ptr<wsx::lookup> make(const wsx::strand& s, const std::string& name) {
    return wsx::make_cares_lookup(s, name, 80);
  }
};
#define EACH_WAY by_threads, by_cares
#else
#define EACH_WAY by_threads
#endif

struct asked {
  std::shared_ptr<wsx::lookup> lookup;
  std::optional<lookup_result> result{};

  asked(asio::io_context& io, std::shared_ptr<wsx::lookup> what) : lookup(std::move(what)) {
    lookup->begin();
    asio::co_spawn(io, lookup->wait(), [this](const std::exception_ptr&, lookup_result found) {
      result = std::move(found);
    });
  }
};

// What is found, and with which error.
template <class Way>
lookup_result look_up(const std::string& name) {
  asio::io_context io;
  asked one(io, Way::make(wsx::as_strand(io.get_executor()), name));
  io.run();
  REQUIRE(one.result);
  CHECK_FALSE(one.result->exception);
  return *one.result;
}

std::multiset<std::string> addresses(const lookup_result& result) {
  std::multiset<std::string> all;
  for (const auto& each : result.found) all.insert(each.address().to_string());
  return all;
}

using found = std::multiset<std::string>;

struct quiet {
  void handle_frame(wsx::text) {}
};

void wait_until_asked(asio::io_context& io, const name_server& server, int count) {
  while (server.unanswered() < count) {
    io.restart();
    io.poll();
  }
}

}  // namespace

TEST_SUITE("name_server") {
  TEST_CASE_TEMPLATE("addresses of either family, and of both", Way, EACH_WAY) {
    const name_server server;
    CHECK(addresses(look_up<Way>("v4.test")) == found{"127.0.0.1"});
    CHECK(addresses(look_up<Way>("v6.test")) == found{"::1"});
    CHECK(addresses(look_up<Way>("both.test")) == found{"127.0.0.1", "::1"});
    CHECK(look_up<Way>("many.test").found.size() == 21);
    CHECK(look_up<Way>("v4.test").found.front().port() == 80);
  }

  TEST_CASE_TEMPLATE("the hosts file and the search domain count", Way, EACH_WAY) {
    const name_server server;
    CHECK(addresses(look_up<Way>("in-hosts.example")) == found{"127.0.0.7"});
    CHECK(addresses(look_up<Way>("v4")) == found{"127.0.0.1"});
  }

  TEST_CASE_TEMPLATE("a name that does not exist, or can't", Way, EACH_WAY) {
    const name_server server;
    CHECK(look_up<Way>("no-such-host.example").error == asio::error::host_not_found);
    CHECK(look_up<Way>(std::string(64, 'a') + ".example").error);
  }

  TEST_CASE_TEMPLATE("no name server: that is said", Way, EACH_WAY) {
    bring_loopback_up();
    const auto error = look_up<Way>("v4.test").error;
    CHECK(error == asio::error::host_not_found_try_again);
  }

  TEST_CASE_TEMPLATE("canceled while the name server is silent: nothing is left to run", Way,
                     EACH_WAY) {
    const name_server server;
    asio::io_context io;
    asked one(io, Way::make(wsx::as_strand(io.get_executor()), "silent.test"));
    wait_until_asked(io, server, 1);
    CHECK_FALSE(one.result);
    const std::weak_ptr<wsx::lookup> left = one.lookup;
    one.lookup->cancel();
    io.restart();
    io.run();
    REQUIRE(one.result);
    CHECK(one.result->error == asio::error::operation_aborted);
    one.lookup.reset();
    CHECK(left.expired());
  }

  TEST_CASE_TEMPLATE("its context ends while the name server is silent", Way, EACH_WAY) {
    const name_server server;
    std::weak_ptr<wsx::lookup> left;
    {
      asio::io_context io;
      asked one(io, Way::make(wsx::as_strand(io.get_executor()), "silent.test"));
      left = one.lookup;
      wait_until_asked(io, server, 1);
      one.lookup.reset();
    }
    CHECK(left.expired());
  }

  TEST_CASE("a name whose server is silent delays no other client, nor the end of the program") {
    const name_server server;
    wsx::testing::scripted_server peer{[](wsx::testing::server_connection& client) {
      client.accept();
      client.expect_close(1000);
      client.send_close(1000);
    }};
    asio::io_context io;
    wsx::client<quiet> stuck(io);
    std::optional<std::error_code> silent;
    stuck.connect("ws://silent.test/", [&](std::error_code error) { silent = error; });
    wait_until_asked(io, server, 1);

    std::deque<wsx::client<quiet>> others;
    std::vector<std::error_code> connected;
    for (int i = 0; i < 10; ++i) {
      others.emplace_back(io).connect(peer.url("/", "v4.test"),
                                      [&](std::error_code error) { connected.push_back(error); });
    }
    io.restart();
    while (connected.size() < others.size()) io.run_one();
    CHECK(std::ranges::count(connected, std::error_code()) == 10);
    CHECK_FALSE(silent);

    for (auto& each : others) each.close([](std::error_code) {});
    stuck.close([](std::error_code) {});
    io.restart();
    io.run();
    CHECK(silent == wsx::errc::aborted);
    CHECK(server.unanswered() > 0);
  }
}
