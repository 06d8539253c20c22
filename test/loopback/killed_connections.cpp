#include "../common/small_buffers.hpp"
#include "numbered_messages.hpp"
#include "support.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

// A server that reads slowly kills the connection again and again, and the client reconnects. No
// message may be received twice or out of order; only those may be missing that the kernel had
// taken; each frame has a masking key of its own, also when it is sent again (RFC 6455 5.3).

using namespace common_test;
using namespace loopback_test;
using namespace wsx::testing;

namespace {

// meson.build makes it less for the sanitizers, under which a kill takes ten times as long.
constexpr std::size_t kills = WSX_KILLS;
constexpr int kernel_buffer = 4096;  // bytes, on each side; the kernel doubles it

struct manner {
  bool tls = false;
  bool fragmented = false;
  bool compressed = false;
  std::size_t queue = 512 * 1024;
};

// What the thread that sends waits for while there is no connection.
class turns {
 public:
  int now() const noexcept { return count_; }
  void wait_for_another_than(int seen) const noexcept { count_.wait(seen); }
  void next() noexcept {
    ++count_;
    count_.notify_all();
  }

 private:
  std::atomic<int> count_ = 0;
};

struct again {
  turns* connections;

  void handle_connect(const wsx::connection_info&) { connections->next(); }
  void handle_frame(wsx::text) {}
  auto handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }
  void terminate(const wsx::close_reason&) { connections->next(); }
};

// Runs the client on a thread of its own.
class running {
 public:
  explicit running(asio::io_context& io) : io_(io), thread_([&io] { io.run(); }) {}
  ~running() {
    io_.stop();
    thread_.join();
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;

 private:
  asio::io_context& io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  std::thread thread_;
};

// Holds the thread of the client, as long as it lives: what is in the kernel's buffers stays so.
class pause {
 public:
  explicit pause(asio::io_context& io) {
    std::promise<void> begun;
    asio::post(io, [&begun, over = over_.get_future()]() {
      begun.set_value();
      over.wait();
    });
    if (begun.get_future().wait_for(std::chrono::seconds(60)) != std::future_status::ready)
      throw std::runtime_error("the client's thread has ended");
  }
  ~pause() { over_.set_value(); }
  pause(const pause&) = delete;
  pause& operator=(const pause&) = delete;

 private:
  std::promise<void> over_;
};

// The server: kills `kills` connections, at random points of the stream that are the same in each
// run, and serves the next one to its end.
class killing_server {
 public:
  killing_server(manner how, asio::io_context& io) : seen(how.fragmented), how_(how), io_(io) {}

  void operator()(server_connection& client) {
    const std::lock_guard one_after_the_other(mutex_);
    const connection_ends ends(client.peer_port());
    set_send_buffer(client.peer_port(), kernel_buffer);
    accept_options answer;
    if (how_.compressed) answer.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}};
    client.accept(answer);
    seen.begin_connection();
    try {
      client.index() < kills ? kill(client, ends) : serve(client);
    } catch (const script_error& e) {
      seen.fault(e.what());
      client.reset();
    }
  }

  received_messages seen;
  std::atomic<bool> last = false;  // the connection that is not killed has begun

 private:
  void kill(server_connection& client, const connection_ends& ends) {
    std::string bytes;
    std::size_t count = 0;
    for (const auto end = random_() % 20'000; count < end;) {
      bytes += client.read_some();
      count += bytes.size();
      seen.take(bytes);
    }
    if (random_() % 2 == 0) return kill_drained(client, ends, bytes);
    seen.cut(bytes, false);
    client.reset();
  }

  // The client can't write meanwhile. A read that times out had at most a part of a TLS record.
  void kill_drained(server_connection& client, const connection_ends& ends, std::string bytes) {
    const pause writing(io_);
    client.set_timeout(std::chrono::milliseconds(1));
    while (!ends.drained()) {
      try {
        bytes += client.read_some();
      } catch (const wait_timeout&) {}
    }
    seen.take(bytes);
    seen.cut(bytes, true);
    client.reset();
  }

  void serve(server_connection& client) {
    last = true;
    for (std::string bytes = client.read_some(); !seen.take(bytes);) bytes += client.read_some();
    client.send_close(1000);
  }

  const manner how_;
  asio::io_context& io_;
  std::minstd_rand random_;
  std::mutex mutex_;
};

// Sends messages from a thread that is not the client's.
class producer {
 public:
  producer(wsx::client<again>& client, const turns& connections, bool fragmented)
      : client_(client), connections_(connections), fragmented_(fragmented) {}

  void send_message() {
    const auto pieces = numbered_message(sent++, fragmented_);
    for (const auto& piece : pieces) {
      const bool first = &piece == &pieces.front();
      const bool last = &piece == &pieces.back();
      const auto error = send({wsx::opcode::text, first, last, wsx::as_bytes(piece)});
      if (!error) continue;
      // The rest of a message whose connection broke: a continuation, now without a start.
      const bool was_cut =
          error == wsx::errc::connection_dropped || error == wsx::errc::fragment_out_of_order;
      if (first || !was_cut) throw std::system_error(error, "a message is refused");
      ++cut;
      return;
    }
  }

  std::size_t sent = 0;
  std::size_t cut = 0;  // messages whose rest was refused

 private:
  // Waits while the queue is full, and while there is no connection.
  std::error_code send(const wsx::fragment& piece) {
    for (;;) {
      const int connection = connections_.now();
      std::error_code error;
      if (client_.try_send(piece, error)) return {};
      if (error == wsx::errc::queue_full) error = wait_to_send(piece);
      if (error != wsx::errc::not_connected) return error;
      connections_.wait_for_another_than(connection);
    }
  }

  // An exception of a future would be freed where the sanitizer can't see why that is in order.
  std::error_code wait_to_send(const wsx::fragment& piece) {
    const auto result = std::make_shared<std::promise<std::error_code>>();
    client_.send(piece, [result](std::error_code error) { result->set_value(error); });
    auto done = result->get_future();
    if (done.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
      throw std::runtime_error("a send never ends");
    return done.get();
  }

  wsx::client<again>& client_;
  const turns& connections_;
  const bool fragmented_;
};

wsx::options options_for(manner how, const certificate& ca) {
  auto options = calm();
  options.send_queue_size = how.queue;
  options.tls.ca_pem = ca.certificate_pem;
  if (how.compressed) options.deflate = wsx::deflate_options{.level = 1};
  return options;
}

struct outcome_of_kills {
  std::size_t sent;
  std::size_t cut;
  received_messages seen;
};

outcome_of_kills survive(manner how) {
  const auto ca = make_ca();
  server_options serving{.receive_buffer = kernel_buffer};
  if (how.tls) serving.tls = make_server_certificate(ca);
  asio::io_context io;
  killing_server server_side(how, io);
  scripted_server server{std::ref(server_side), serving};

  turns connections;
  wsx::client<again> client(io.get_executor(), again{&connections}, options_for(how, ca));
  const running loop(io);
  client.connect(server.url(), asio::use_future).get();
  producer source(client, connections, how.fragmented);
  while (!server_side.last) source.send_message();
  for (int i = 0; i < 100; ++i) source.send_message();
  client.close(asio::use_future).get();
  server.wait(kills + 1);
  return {source.sent, source.cut, std::move(server_side.seen)};
}

// What holds of every manner.
outcome_of_kills survive_and_check(manner how) {
  CAPTURE(how.tls);
  CAPTURE(how.compressed);
  CAPTURE(how.queue);
  auto result = survive(how);
  const auto& seen = result.seen;
  CHECK(seen.received_twice == 0);
  CHECK(seen.first_fault == "");
  CHECK(seen.next == result.sent);
  // Among n random keys of 32 bits, about n * n / 2^33 pairs are equal: among 50,000, a third of a
  // pair. The chance of more than five is one in a million.
  CHECK(seen.frames < 50'000);
  CHECK(seen.repeated_keys <= 5);
  CHECK(seen.sent_again_alike == 0);
  return result;
}

}  // namespace

TEST_SUITE("loopback/killed_connections") {
  TEST_CASE("whole messages: none is received twice, nor lost but by the kernel") {
    for (const bool tls : {false, true}) {
      const auto [sent, cut, seen] = survive_and_check({.tls = tls});
      CAPTURE(tls);
      CHECK(seen.messages <= sent);
      CHECK(cut == 0);
      CHECK(seen.most_bytes_missing < 16 * kernel_buffer);
      // Frames that the server has seen the beginning of go again whole, with another key.
      CHECK(seen.sent_again > 0);
    }
  }

  TEST_CASE("compressed messages") {
    for (const bool tls : {false, true})
      CHECK(survive_and_check({.tls = tls, .compressed = true}).cut == 0);
  }

  TEST_CASE("messages in fragments: one that was cut never goes on") {
    for (const bool tls : {false, true}) {
      for (const bool compressed : {false, true})
        survive_and_check({.tls = tls, .fragmented = true, .compressed = compressed});
    }
  }

  TEST_CASE("the rest of a message in fragments that was cut is refused") {
    // The queue holds less than a message: it is still being sent when the connection breaks.
    for (const bool tls : {false, true})
      CHECK(survive_and_check({.tls = tls, .fragmented = true, .queue = 2048}).cut > 0);
  }
}
