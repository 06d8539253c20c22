#include "../support.hpp"

#include <wsx/connect_budget.hpp>
#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/scripted_server.hpp>

#include <asio/thread_pool.hpp>

#include <future>
#include <memory>
#include <system_error>
#include <vector>

// Clients of one budget on several threads.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

}  // namespace

TEST_SUITE("behavior/connection/budget_threads") {
  TEST_CASE("all of them connect, and those that are given up hold up nobody") {
    constexpr std::size_t many = 60;
    scripted_server server{echo_script()};
    asio::thread_pool pool(3);
    auto options = calm();
    options.dial.budget = std::make_shared<wsx::connect_budget>(
        wsx::connect_budget_options{.per_second = 1000, .in_flight = 3});
    {
      std::vector<std::unique_ptr<wsx::client<quiet>>> clients;
      std::vector<std::promise<std::error_code>> connected(many);
      for (std::size_t i = 0; i < many; ++i) {
        clients.push_back(
            std::make_unique<wsx::client<quiet>>(pool.get_executor(), quiet(), options));
        clients.back()->connect(server.url(),
                                [&, i](std::error_code error) { connected[i].set_value(error); });
      }
      for (std::size_t i = 0; i < many; i += 3) clients[i]->abort();
      std::size_t open = 0;
      for (std::size_t i = 0; i < many; ++i) {
        const auto error = connected[i].get_future().get();
        open += !error;
        CHECK((!error || (error == wsx::errc::aborted && i % 3 == 0)));
      }
      CHECK(open >= many - many / 3);
    }
    pool.join();
    CHECK(options.dial.budget->waiting() == 0);
    CHECK(options.dial.budget->in_flight() == 0);
  }
}
