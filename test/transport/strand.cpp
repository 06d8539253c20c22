#include <wsx/transport/strand.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <system_error>
#include <utility>

TEST_SUITE("transport/strand") {
  TEST_CASE("a strand is taken for itself, anything else gets one") {
    asio::io_context io;
    const asio::any_io_executor plain = io.get_executor();
    const wsx::strand made = wsx::as_strand(plain);
    CHECK(wsx::as_strand(made) == made);
    CHECK(wsx::as_strand(plain) != made);
  }

  TEST_CASE("what is below a strand is what it was made on") {
    asio::io_context io;
    const asio::any_io_executor plain = io.get_executor();
    CHECK(wsx::below_strand(wsx::as_strand(plain)) == plain);
    CHECK(wsx::below_strand(plain) == plain);
  }

  // A wait holds no copy of its strand, which its handler keeps alive.
  TEST_CASE("the handler may be the last that holds its strand") {
    asio::io_context io;
    auto serial = std::make_shared<wsx::strand>(wsx::as_strand(io.get_executor()));
    bool within = false;
    const auto& s = *serial;
    auto handler = [held = std::move(serial), &within](std::error_code) mutable {
      within = held->running_in_this_thread();
      held.reset();
    };
    wsx::on_strand call(s, std::move(handler));
    asio::post(io, [call = std::move(call)]() mutable { call({}); });
    io.run();
    CHECK(within);
  }
}
