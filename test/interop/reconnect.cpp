#include "test_client.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <unistd.h>

TEST_SUITE_BEGIN("interop/reconnect");

namespace {

// What this process holds.
struct holdings {
  std::ptrdiff_t descriptors = 0;
  std::ptrdiff_t resident_bytes = 0;

  static holdings now() {
    std::ptrdiff_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;  // the second number: resident
    const std::filesystem::directory_iterator open("/proc/self/fd");
    return {std::distance(begin(open), end(open)), pages * sysconf(_SC_PAGESIZE)};
  }
};

constexpr int warm_up = 200;
constexpr int reconnects = 1000;
constexpr std::ptrdiff_t growth_limit = 1024 * 1024;  // of the last 800 together

// Is closed by the server, and connects again, a thousand times.
struct restless {
  inbox* in;
  int closed = 0;
  int failed = 0;
  std::optional<holdings> warm{};
  std::optional<holdings> last{};

  wsx::action handle_connect(const wsx::connection_info&) {
    return wsx::reply(wsx::text{"!close 4003 again"});
  }
  void handle_frame(wsx::text) {}

  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    if (!d.reason.clean || d.reason.received != wsx::close_code{4003}) ++failed;
    ++closed;
    if (closed == warm_up) warm = holdings::now();
    if (closed <= reconnects) return wsx::reconnect();
    last = holdings::now();
    return wsx::stop();
  }
};

}  // namespace

TEST_CASE("a thousand reconnects leave nothing behind") {
  with_each_echo_server([](const server& s) {
    test_client<restless> client{s};
    client.join();
    const auto& seen = client.get().handler();
    CHECK(seen.failed == 0);
    CHECK(client.stats().connects == reconnects + 1);
    REQUIRE(seen.warm);
    REQUIRE(seen.last);
    CHECK(seen.last->descriptors == seen.warm->descriptors);
    CHECK(seen.last->resident_bytes - seen.warm->resident_bytes < growth_limit);
  });
}

TEST_SUITE_END();
