#include "../common/small_buffers.hpp"
#include "test_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// Servers that ping all the time, and what is usual for them: they take each message as one frame,
// accept compression without confirming all that was asked for, and reset TCP when they are done.

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

template <class Test>
void with_each_pinging_server(Test test) {
  with_each_of({"TORNADO", "AIOHTTP", "UVICORN", "HYPERCORN", "GORILLA"}, test);
}

// Keeps messages, which are all text, and ignores the pongs that answer the client's own pings. The
// kernel takes so little from it at a time that pings arrive in the middle of each message.
struct reader {
  inbox* in;

  void handle_connect(const wsx::connection_info& info) {
    const auto port = info.local_endpoint.substr(info.local_endpoint.rfind(':') + 1);
    common_test::set_send_buffer(static_cast<std::uint16_t>(std::stoi(port)), 8192);
  }
  void handle_frame(wsx::text m) { in->push_back({wsx::opcode::text, std::string(m.payload)}); }
};

using reading_client = test_client<reader>;

// Text that compresses to about a third.
std::string words(std::size_t size) {
  std::minstd_rand random;
  std::string s;
  while (s.size() < size) s += "word" + std::to_string(random() % 100'000) + " ";
  s.resize(size);
  return s;
}

// With pings of the client's own beside the server's. Whatever the machine is busy with, no
// message takes so long that they have to go between its fragments.
wsx::options options_with(wsx::deflate_options how) {
  wsx::options o;
  o.deflate = how;
  o.ping_interval = std::chrono::milliseconds(10);
  o.ping_timeout = std::chrono::minutes(10);
  return o;
}

bool tells_of_pongs(const server& s) {
  return s.name != "HYPERCORN";
}

void check_pongs(reading_client& client) {
  const auto report = client.ask("!pings");
  const auto pings = report.substr(0, report.find(' '));
  CHECK(report == pings + " pings, 0 answered out of turn");
  CHECK(pings != "0");
}

void exchange_large_messages(const server& s, wsx::deflate_options how) {
  CAPTURE(how.client_no_context_takeover);
  reading_client client{s, options_with(how)};
  const std::size_t sizes[] = {300 * kib, 900 * kib, 5 * mib};
  // All of them at once: while one comes back the next still goes.
  for (const auto size : sizes) client.send_text(words(size));
  for (const auto size : sizes) CHECK(client.next() == received{wsx::opcode::text, words(size)});
  CHECK(client.stats().bytes_sent > 3 * mib / 2);  // each is much more than 64 KiB, compressed too
  if (tells_of_pongs(s)) check_pongs(client);
  client.close();
}

}  // namespace

TEST_SUITE("interop/pinging") {
  TEST_CASE("large compressed messages both ways, between pings of both sides") {
    with_each_pinging_server([](const server& s) {
      exchange_large_messages(s, {});
      exchange_large_messages(s, {.client_no_context_takeover = true});
    });
  }

  TEST_CASE("a message of 65 MiB that compresses well") {
    // Not uvicorn, which copies all that it has of a message whenever more of it comes.
    with_each_of({"TORNADO", "AIOHTTP", "HYPERCORN", "GORILLA"}, [](const server& s) {
      reading_client client{s, options_with({})};
      const auto some = words(20 * kib);  // the same again and again, within the window
      std::string all;
      while (all.size() < 65 * mib) all += some;
      const auto before = client.stats().bytes_sent;
      client.send(wsx::binary{std::string_view(all)});
      CHECK(client.next().payload == std::to_string(all.size()));
      const auto sent = client.stats().bytes_sent - before;
      CHECK(sent > 128 * kib);
      CHECK(sent < mib);
      if (tells_of_pongs(s)) check_pongs(client);
      client.close();
    });
  }

  TEST_CASE(
      "a smaller window and no takeover are asked for: a server that confirms neither will do") {
    with_each_pinging_server([](const server& s) {
      reading_client client{
          s, options_with({.server_max_window_bits = 10, .server_no_context_takeover = true})};
      for (int i = 0; i < 3; ++i) {
        const auto text = words(10 * kib);
        client.send_text(text);
        CHECK(client.next() == received{wsx::opcode::text, text});
      }
      client.close();
    });
  }

  TEST_CASE("the client closes: a clean end, though pings are under way") {
    with_each_pinging_server([](const server& s) {
      reading_client client{s};
      CHECK(client.ask("hello") == "hello");
      client.close(wsx::close_code::normal, "");
      const auto reason = client.join();
      CHECK(reason.clean);
      CHECK(reason.received == wsx::close_code::normal);
      CHECK_FALSE(reason.error);
    });
  }

  TEST_CASE("the server closes, and may reset TCP then: a clean end") {
    with_each_pinging_server([](const server& s) {
      reading_client client{s};
      CHECK(client.ask("hello") == "hello");
      client.send_text("!close");
      const auto reason = client.join();
      CHECK(reason.clean);
      CHECK(reason.origin == wsx::close_origin::remote);
      CHECK(reason.received == wsx::close_code::normal);
      CHECK_FALSE(reason.error);
    });
  }
}
