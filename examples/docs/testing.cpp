// The code of docs/testing.md; scripts/check-docs compares it.
#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/replay.hpp>
#include <wsx/testing/virtual_clock.hpp>
#include <wsx/wsx.hpp>

#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <cstdio>

namespace {

// [virtual time]
struct feed {
  void handle_frame(wsx::text) {}
  auto handle_disconnect(const wsx::disconnect&) {
    return wsx::reconnect_after(std::chrono::minutes(5));
  }
};

bool comes_back_after_five_minutes() {
  using namespace std::chrono_literals;
  asio::io_context io;
  wsx::testing::virtual_clock clock{io};
  wsx::testing::memory_listener server{"server"};
  wsx::basic_client<feed, wsx::testing::memory_transport> client{io};
  client.connect(server.url(), asio::detached);
  io.poll();
  server.next()->accept();
  clock.run_for(io, 40s);  // a ping after 20 s, and no answer for 20 s more
  const bool given_up = !client.is_open();
  clock.run_for(io, 5min - 1s);
  const bool early = server.next().has_value();
  clock.run_for(io, 1s);
  return given_up && !early && server.next().has_value();
}
// [virtual time]

bool would_send_the_same() {
  // [replay]
  wsx::testing::replay_options options;
  options.speed = wsx::testing::replay_speed::as_recorded;
  const auto result = wsx::testing::replay("feed.wsxrec", feed(), options);
  if (result.difference) std::puts(describe(*result.difference).c_str());
  // frame 1 (record 4): then text "B", now text "b"
  // [replay]
  return !result.difference;
}

}  // namespace

bool testing_md() {
  return comes_back_after_five_minutes() && would_send_the_same();
}
