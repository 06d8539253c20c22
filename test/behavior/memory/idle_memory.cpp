#include "../support.hpp"
#include "allocation_hooks.hpp"

#include <wsx/protocol/message_assembler.hpp>
#include <wsx/testing/scripted_server.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <cstddef>
#include <deque>
#include <malloc.h>
#include <string>
#include <vector>

// An idle client holds no buffers, rings, parsers, compressors or coroutines. This program counts
// the bytes of the heap that its own thread holds; servers are in other threads.

namespace {

thread_local std::ptrdiff_t held = 0;

// Includes what the C library keeps in front of each allocation.
std::ptrdiff_t size_of(void* place) {
  constexpr std::size_t front = sizeof(std::size_t);
  return place == nullptr ? 0 : static_cast<std::ptrdiff_t>(malloc_usable_size(place) + front);
}

}  // namespace

bool behavior_test::may_allocate(allocation) noexcept {
  return true;
}
void behavior_test::allocated(void* place) noexcept {
  held += size_of(place);
}
void behavior_test::freed(void* place) noexcept {
  held -= size_of(place);
}

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct counts {
  int* frames;
  void handle_frame(wsx::text) { ++*frames; }
};

// Another callback is a coroutine: that is no reason to hold one while idle.
struct counts_and_waits {
  int* frames;
  void handle_frame(wsx::text) { ++*frames; }
  asio::awaitable<void> handle_connect(const wsx::connection_info&) { co_return; }
};

// Sends the frame a hundred times to each, and then no more.
script feed(server_frame frame, accept_options how = {}) {
  return [frame, how](server_connection& client) {
    client.accept(how);
    for (int i = 0; i < 100; ++i) client.send(frame);
    while (client.read_frame()) continue;
  };
}

// A frame that comes in pieces needs a context of wslay, which the thread then keeps for all.
// Whether one does that TCP brings is up to the machine.
void receive_in_two_pieces() {
  wsx::protocol::message_assembler input;
  const std::string frame = encode_server_frame(text_frame("hello"));
  const auto bytes = wsx::as_bytes(frame);
  input.feed(bytes.first(3));
  REQUIRE(input.next() == wsx::protocol::receive_event::need_input);
  input.feed(bytes.subspan(3));
  REQUIRE(input.next() == wsx::protocol::receive_event::text);
}

// The bytes that each of many clients holds when it has got what the server sends.
template <class Handler>
std::ptrdiff_t held_when_idle(const script& what, const wsx::options& options = calm(),
                              const server_options& how = {}) {
  constexpr int many = 128;  // what a thread keeps for all is next to nothing for each
  scripted_server server{what, how};
  asio::io_context io(1);
  int frames = 0;
  std::deque<wsx::client<Handler>> clients;
  std::vector<outcome> connected(1 + many);  // not counted
  const auto connect = [&] {
    outcome& opened = connected[clients.size()];
    const auto& client = clients.emplace_back(io.get_executor(), Handler{&frames}, options);
    clients.back().connect(server.url(), opened.token());
    const int all = 100 * static_cast<int>(clients.size());
    REQUIRE(run_until(io, [&] { return frames == all && opened.ok(); }));
    poll(io);
    REQUIRE(client.is_open());
  };
  receive_in_two_pieces();
  connect();  // what all share is there now
  const auto before = held;
  for (int i = 0; i < many; ++i) connect();
  return (held - before) / many;
}

// The connection's own part, with the socket, and what the server's response says.
constexpr std::ptrdiff_t most = 3 * 1024;

// What OpenSSL needs for a connection between records, and for its session.
constexpr std::ptrdiff_t most_of_tls = 16 * 1024;

}  // namespace

TEST_SUITE("behavior/memory/idle_memory") {
  TEST_CASE("the counter counts") {
    const auto before = held;
    auto some = std::make_unique<std::string>(10'000, 'x');
    CHECK(held - before > 10'000);
    some.reset();
    CHECK(held == before);
  }

  TEST_CASE("a client that was busy and now is idle") {
    CHECK(held_when_idle<counts>(feed(text_frame("hello"))) < most);
    CHECK(held_when_idle<counts_and_waits>(feed(text_frame("hello"))) < most);
    CHECK(held_when_idle<counts>(feed(text_frame(std::string(300, 'x')))) < most);
  }

  TEST_CASE("compression without context takeover adds next to nothing") {
    server_deflater server;
    auto frame = text_frame(server.message(std::string(300, 'x')));
    frame.rsv = rsv1;
    const accept_options how{.headers = {{"Sec-WebSocket-Extensions",
                                          "permessage-deflate; server_no_context_takeover; "
                                          "client_no_context_takeover"}}};
    auto options = calm();
    options.deflate = wsx::deflate_options{.server_no_context_takeover = true,
                                           .client_no_context_takeover = true};
    CHECK(held_when_idle<counts>(feed(frame, how), options) < most + 256);
  }

  TEST_CASE("TLS adds what OpenSSL needs, but no buffer for records") {
    const auto ca = make_ca();
    auto options = calm();
    options.tls.ca_pem = ca.certificate_pem;
    options.tls.share = wsx::make_tls_share();
    const server_options how{.tls = make_server_certificate(ca)};
    const auto held = held_when_idle<counts>(feed(text_frame("hello")), options, how);
    CHECK(held < most + most_of_tls);
  }
}
