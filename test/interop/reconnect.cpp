#include "process_usage.hpp"
#include "test_client.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr int warm_up = 200;
constexpr int reconnects = 1000;
// malloc takes 32 bytes for the smallest object: half of the connections may leave one behind.
constexpr std::ptrdiff_t growth_limit = (reconnects - warm_up) * 32 / 2;

// How a server is told to close, and with which code it then does.
struct ending {
  std::string_view command = "!close 4003 again";
  wsx::close_code code{4003};
};

// Is closed by the server, and connects again, a thousand times.
struct restless {
  inbox* in;
  ending how{};
  int closed = 0;
  int failed = 0;
  std::optional<process_usage> warm{};
  std::optional<process_usage> last{};

  wsx::action handle_connect(const wsx::connection_info&) {
    return wsx::reply(wsx::text{how.command});
  }
  void handle_frame(wsx::text) {}

  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    if (!d.reason.clean || d.reason.received != how.code) ++failed;
    ++closed;
    if (closed == warm_up) warm = process_usage::now();
    if (closed <= reconnects) return wsx::reconnect();
    last = process_usage::now();
    return wsx::stop();
  }
};

void reconnect_a_thousand_times(wsx::request target, ending how) {
  test_client<restless> client;
  client.get().handler().how = how;
  client.connect(std::move(target));
  client.join();
  const auto& seen = client.get().handler();
  CHECK(seen.failed == 0);
  CHECK(client.stats().connects == reconnects + 1);
  REQUIRE(seen.warm);
  REQUIRE(seen.last);
  CHECK(seen.last->descriptors == seen.warm->descriptors);
  CHECK(seen.last->bytes - seen.warm->bytes < growth_limit);
}

}  // namespace

TEST_SUITE("interop/reconnect") {
  TEST_CASE("a thousand reconnects leave nothing behind") {
    with_each_echo_server([](const server& s) { reconnect_a_thousand_times(s.url, ending{}); });
  }

  TEST_CASE("libwebsockets: a thousand reconnects leave nothing behind") {
    with_each_of({"LWS_WS", "LWS_WSS"}, [](const server& s) {
      reconnect_a_thousand_times(wsx::request(s.url).subprotocol("dumb-increment-protocol"),
                                 {"closeme\n", wsx::close_code::going_away});
    });
  }
}
