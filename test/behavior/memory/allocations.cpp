#include "../support.hpp"
#include "allocation_hooks.hpp"

#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_future.hpp>
#include <openssl/crypto.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

// In the steady state a message costs no allocation, whichever way it goes. This program counts
// what its own thread allocates; servers in other threads, and what the tests do between, don't
// count.

namespace {

thread_local bool counting = false;
thread_local std::size_t allocations = 0;
thread_local bool nothing_grows = false;  // there is no memory for buffers to grow

}  // namespace

bool behavior_test::may_allocate(allocation what) noexcept {
  if (counting) ++allocations;
  return what == allocation::fresh || !nothing_grows;
}
void behavior_test::allocated(void*) noexcept {}
void behavior_test::freed(void*) noexcept {}

namespace {

// OpenSSL's own allocations don't count: it makes several per record in any program.
const bool openssl_is_left_out =
    CRYPTO_set_mem_functions(
        [](std::size_t size, const char*, int) { return __libc_malloc(size); },
        [](void* place, std::size_t size, const char*, int) { return __libc_realloc(place, size); },
        [](void* place, const char*, int) { std::free(place); }) == 1;

int* volatile somewhere = nullptr;

using namespace behavior_test;
using namespace wsx::testing;

constexpr int warm_up = 3000;
constexpr int measured = 3000;

// Counts what is allocated while it lives.
struct count_allocations {
  explicit count_allocations(bool on) { counting = on; }
  ~count_allocations() { counting = false; }
};

struct silent {
  int frames = 0;
  void handle_frame(wsx::text) { ++frames; }
  void handle_frame(wsx::binary) { ++frames; }
  void handle_pong(wsx::pong) { ++frames; }
};

struct replies {
  int frames = 0;
  wsx::action handle_frame(wsx::text t) {
    ++frames;
    return wsx::reply(t);
  }
};

struct session_sends {
  int frames = 0;
  void handle_frame(wsx::text t, wsx::session& s) {
    ++frames;
    s.send(t);
    s.send(wsx::binary{t.payload});
  }
};

struct pings_again {
  int frames = 0;
  void handle_frame(wsx::text) {}
  void handle_pong(wsx::pong p, wsx::session& s) {
    ++frames;
    s.send(wsx::ping{p.payload});
  }
};

// `each` is done for every message, and then the client runs.
template <class Handler, class Each>
std::size_t allocated_in_memory(Each each,
                                const std::optional<wsx::deflate_options>& deflate = {}) {
  auto options = calm();
  options.deflate = deflate;
  client_fixture<Handler> f(real_time, {}, options);
  memory_peer peer = f.dial();
  accept_options how;
  if (deflate) how.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}};
  peer.accept(how);
  poll(f.io);
  allocations = 0;
  for (int i = 0; i < warm_up + measured; ++i) {
    const bool count = i >= warm_up;
    each(f, peer, count);
    {
      const count_allocations on(count);
      poll(f.io);
    }
    peer.discard_written();
  }
  CHECK(f.client->is_open());
  const auto stats = f.client->stats();
  CHECK(stats.messages_received + stats.frames_sent >= warm_up + measured);
  return allocations;
}

// The server sends `frame`, once or many times at once. What wakes the client in memory may
// allocate, since this thread runs no event loop at that moment; more frames must not cost more.
template <class Handler>
bool free_of_charge(const server_frame& frame,
                    const std::optional<wsx::deflate_options>& deflate = {}) {
  const auto allocated = [&](int frames) {
    std::string bytes;
    for (int i = 0; i < frames; ++i) bytes += encode_server_frame(frame);
    return allocated_in_memory<Handler>([&](auto&, memory_peer& peer, bool) { peer.write(bytes); },
                                        deflate);
  };
  const auto for_one = allocated(1);
  const auto for_many = allocated(20);
  CAPTURE(for_one);
  CAPTURE(for_many);
  return for_one == for_many;
}

// Over a socket, with one message at a time, as a quiet feed has it: each one wakes the client.

// Counts what the event loop's thread allocates from the warm-up's end on.
struct one_at_a_time {
  std::atomic<int>* handled;
  int frames = 0;

  wsx::action handle_frame(wsx::text t) { return next(wsx::reply(t)); }
  wsx::action handle_ping(wsx::ping p) { return next(wsx::reply(wsx::pong(p.payload))); }
  void handle_frame(wsx::binary) {
    (void)next(wsx::ok());
    ++*handled;
  }

 private:
  wsx::action next(wsx::action usual) {
    if (++frames == warm_up) counting = true;
    if (frames < warm_up + measured) return usual;
    counting = false;
    return wsx::close();
  }
};

// Sends the frame, waits for what the client answers, and so on until that is Close.
script again_and_again(server_frame frame) {
  return [frame](server_connection& client) {
    client.accept();
    for (;;) {
      client.send(frame);
      const auto answer = client.read_frame();
      if (!answer || answer->opcode == opcodes::close) return client.send_close();
    }
  };
}

std::size_t allocated_over_socket(const server_frame& frame, bool tls) {
  const auto ca = make_ca();
  server_options how;
  if (tls) how.tls = make_server_certificate(ca);
  scripted_server server{again_and_again(frame), how};
  auto options = calm();
  options.tls.ca_pem = ca.certificate_pem;

  std::atomic<int> handled{0};
  asio::io_context io;
  wsx::client<one_at_a_time> client(io.get_executor(), {&handled}, options);
  outcome connected;
  client.connect(server.url(), connected.token());
  allocations = 0;
  io.run();
  CHECK(connected.ok());
  CHECK(client.handler().frames == warm_up + measured);
  return allocations;
}

}  // namespace

TEST_SUITE("behavior/memory/allocations") {
  TEST_CASE("the counter counts") {
    allocations = 0;
    {
      const count_allocations on(true);
      somewhere = new int;
    }
    delete somewhere;
    CHECK(allocations == 1);
    CHECK(openssl_is_left_out);
    {
      // A timer's handler, for which no memory is kept yet.
      asio::io_context io;
      asio::steady_timer timer(io, std::chrono::nanoseconds(1));
      const count_allocations on(true);
      timer.async_wait([big = std::array<char, 5000>()](std::error_code) { (void)big; });
    }
    CHECK(allocations > 1);
    allocations = 0;
    server_deflater zlib;
    {
      const count_allocations on(true);
      zlib = server_deflater();
    }
    CHECK(allocations > 1);
  }

  TEST_CASE("receiving") {
    CHECK(free_of_charge<silent>(text_frame("hello")));
    CHECK(free_of_charge<silent>(binary_frame(std::string(5000, 'x'))));
  }

  TEST_CASE("answering") {
    CHECK(free_of_charge<replies>(text_frame(std::string(200, 'x'))));
    CHECK(free_of_charge<session_sends>(text_frame(std::string(200, 'x'))));
  }

  TEST_CASE("compressed messages, with context takeover or without") {
    for (const bool alone : {false, true}) {
      CAPTURE(alone);
      const wsx::deflate_options deflate{.client_no_context_takeover = alone};
      server_deflater server;
      auto frame = text_frame(server.message(std::string(200, 'x')));
      frame.rsv = rsv1;
      CHECK(free_of_charge<silent>(frame, deflate));
      CHECK(free_of_charge<replies>(frame, deflate));
    }
  }

  TEST_CASE("pings and pongs") {
    CHECK(free_of_charge<silent>(ping_frame("0123456789")));
    CHECK(free_of_charge<pings_again>(pong_frame("0123456789")));
  }

  TEST_CASE("sending from outside: what wakes the client may allocate, a message does not") {
    const std::string payload(200, 'x');
    const auto allocated = [&](int messages) {
      bool taken = true;
      const auto count = allocated_in_memory<silent>([&](auto& f, memory_peer&, bool on) {
        const count_allocations counted(on);
        for (int i = 0; i < messages; ++i) {
          taken = taken && f.client->try_send(wsx::text{payload}) &&
                  f.client->try_send(wsx::binary{std::string_view(payload)});
        }
      });
      CHECK(taken);
      return count;
    };
    CHECK(allocated(1) == allocated(50));
  }

  TEST_CASE("a message that wakes the client costs nothing either") {
    for (const bool tls : {false, true}) {
      CAPTURE(tls);
      CHECK(allocated_over_socket(text_frame(std::string(200, 'x')), tls) == 0);
      CHECK(allocated_over_socket(ping_frame("0123456789"), tls) == 0);
    }
  }

  TEST_CASE("sending from another thread allocates nothing, however idle the client") {
    std::size_t in_loop = 0;
    scripted_server server{echo_script()};
    std::atomic<int> handled{0};
    asio::io_context io;
    auto work = asio::make_work_guard(io);
    wsx::client<one_at_a_time> client(io.get_executor(), {&handled}, calm());
    std::thread loop([&] {
      io.run();
      in_loop = allocations;
    });
    client.connect(server.url(), asio::use_future).get();

    const std::string payload(200, 'x');
    allocations = 0;
    for (int i = 0; i < warm_up + measured; ++i) {
      {
        const count_allocations on(i >= warm_up);
        REQUIRE(client.try_send(wsx::binary{std::string_view(payload)}));
      }
      while (handled <= i) std::this_thread::yield();
    }
    CHECK(allocations == 0);
    client.close(asio::use_future).get();
    work.reset();
    loop.join();
    CHECK(in_loop == 0);
  }

  TEST_CASE("without memory to send with the connection ends, and says why") {
    client_fixture<silent> f(real_time, {}, impatient());
    memory_peer peer = f.open();
    const std::string large(2'000'000, 'x');
    outcome sent;
    f.client->send(wsx::text{large}, sent.token());
    nothing_grows = true;
    poll(f.io);
    nothing_grows = false;
    CHECK(run_until(f.io, [&] { return f.ended.done(); }));
    CHECK(f.ended.reason.error == wsx::errc::internal_failure);
    CHECK(sent.failed(wsx::errc::connection_dropped));
  }
}
