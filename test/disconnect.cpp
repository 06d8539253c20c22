#include <wsx/disconnect.hpp>

#include <doctest/doctest.h>

#include <string_view>
#include <utility>

namespace {

using std::chrono::seconds;

}  // namespace

TEST_SUITE("disconnect") {
  TEST_CASE("stop") {
    auto decision = wsx::stop();
    CHECK(!decision.reconnects());
    CHECK(!decision.target());
  }

  TEST_CASE("reconnect: at once, to the same place") {
    auto decision = wsx::reconnect();
    CHECK(decision.reconnects());
    CHECK(decision.delay() == seconds(0));
    CHECK(!decision.target());
  }

  TEST_CASE("reconnect_after: later") {
    auto decision = wsx::reconnect_after(seconds(5));
    CHECK(decision.reconnects());
    CHECK(decision.delay() == seconds(5));
    CHECK(!decision.target());
  }

  TEST_CASE("reconnect_to: anything a URL can be made of, or a request") {
    const std::string url = "ws://string/";
    for (auto decision :
         {wsx::reconnect_to("ws://string/"), wsx::reconnect_to(url),
          wsx::reconnect_to(std::string_view(url)), wsx::reconnect_to(wsx::request(url))}) {
      CHECK(decision.reconnects());
      CHECK(decision.delay() == seconds(0));
      REQUIRE(decision.target());
      CHECK(decision.target()->url == url);
      CHECK(decision.target()->headers.empty());
    }
    auto whole = wsx::reconnect_to(wsx::request(url).header("A", "b").subprotocol("c"));
    CHECK(whole.target()->headers.size() == 1);
    CHECK(whole.target()->subprotocols.size() == 1);
  }

  TEST_CASE("after: the same decision, later") {
    auto decision = wsx::reconnect_to("ws://other/").after(seconds(7));
    CHECK(decision.reconnects());
    CHECK(decision.delay() == seconds(7));
    REQUIRE(decision.target());
    CHECK(decision.target()->url == "ws://other/");
    const auto last = wsx::reconnect_after(seconds(7)).after(seconds(1));
    CHECK(last.delay() == seconds(1));
  }
}
