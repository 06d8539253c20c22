#include "../support.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

// What a message costs in memory that inflates to far more than the limit. On its own, since the
// process is measured, and memory that it has freed before would hide some of it.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

constexpr std::size_t mib = 1024 * 1024;

// The most memory that the process has had since `forget_peak`. Linux: proc(5).
std::size_t peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  }
  return 0;
}

std::size_t forget_peak() {
  std::ofstream("/proc/self/clear_refs") << 5;
  return peak();
}

struct silent {
  void handle_frame(wsx::binary) {}
};

}  // namespace

TEST_SUITE("behavior/memory/inflation_limit") {
  TEST_CASE("10 MiB that inflate to 10 GiB cost the limit of a message, and end with 1009") {
    // Once the window is full of zeros, each further MiB compresses to the same bytes.
    server_deflater deflater;
    const std::string inflated(mib, 'x');
    const std::string first = deflater.part(inflated);
    const std::string again = deflater.part(inflated);
    REQUIRE(deflater.part(inflated) == again);
    REQUIRE(again.size() < 1100);
    const std::size_t length = first.size() + 10 * 1024 * again.size();
    REQUIRE(length > 10 * mib);

    auto options = calm();
    options.deflate.emplace();
    client_fixture<silent> f({}, options);
    memory_peer peer = f.dial();
    peer.accept({.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}});
    poll(f.io);
    REQUIRE(f.connected.ok());

    const auto before = forget_peak();
    auto head = binary_frame(first);
    head.rsv = rsv1;
    head.declared_length = length;
    peer.write(head);
    for (int i = 0; i < 10 * 1024; ++i) {
      peer.write(again);
      poll(f.io);
    }
    const auto cost = peak() - before;
    CAPTURE(cost);
    CHECK(cost < options.max_message_size + mib);
    const auto close = peer.take_frame();
    REQUIRE(close);
    CHECK(describe(*close).starts_with("close 1009"));
    CHECK(!peer.take_frame());
    // It was what it should be.
    CHECK(server_inflater().message(first + again + again) == std::string(3 * mib, 'x'));
  }

  TEST_CASE("the measure measures") {
    const auto before = forget_peak();
    const std::string large(20 * mib, 'x');
    CHECK(peak() > before + large.size() - mib);
  }
}
