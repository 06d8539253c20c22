#include "../support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// When queued frames leave: always without a second request, and without a strand that polls in a
// loop.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using namespace std::chrono_literals;

asio::awaitable<void> wait(std::chrono::nanoseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

struct reconnecting : quiet {
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }
};

struct begins_a_message {
  void handle_frame(wsx::text, wsx::session& s) { CHECK_FALSE(s.send(begins("a"))); }
};

struct answers_at_length {
  void handle_frame(wsx::text, wsx::session& s) {
    CHECK_FALSE(s.send(wsx::text{std::string(100'000, 'x')}));
  }
};

// From the second connection on it sends its login and waits for the answer.
struct logs_in {
  int connections = 0;

  asio::awaitable<void> handle_connect(const wsx::connection_info&, wsx::session& s) {
    if (++connections == 1) co_return;
    CHECK_FALSE(s.send(wsx::text{"login"}));
    auto waiting = wait(1h);
    co_await std::move(waiting);
  }
  void handle_frame(wsx::text, wsx::session& s) { CHECK_FALSE(s.send(wsx::text{"reply"})); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }
};

struct flushes {
  memory_client<flushes>** client;
  int* flushed;

  asio::awaitable<void> handle_connect(const wsx::connection_info&) {
    auto flushing = (*client)->flush();
    co_await std::move(flushing);
    ++*flushed;
  }
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }
};

struct makes_a_sender {
  memory_client<makes_a_sender>** client;
  std::optional<wsx::sender>* made;

  void handle_frame(wsx::text) {
    made->emplace((*client)->make_sender());
    CHECK((*made)->try_send(wsx::text{"hi"}));
  }
};

struct waits {
  int begun = 0;

  asio::awaitable<void> handle_frame(wsx::text) {
    ++begun;
    return wait(1h);
  }
  asio::awaitable<void> handle_frame(wsx::binary, wsx::session& s) {
    CHECK(s.post(*this, 1));
    co_return;
  }
  void handle_info(int) {}
};

// A transport that fails when the client waits to write.
struct never_ready : memory_transport {
  using memory_transport::memory_transport;

  void async_wait(wsx::io_direction direction, wsx::wait_handler ready) {
    if (direction == wsx::io_direction::write && refuse) refuse();
    memory_transport::async_wait(direction, std::move(ready));
  }

  static inline void (*refuse)() = nullptr;
};

}  // namespace

TEST_SUITE("behavior/sending/progress") {
  TEST_CASE("a producer waits for another's message without keeping the strand busy") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    auto other = f.client->make_sender();
    CHECK(f.client->try_send(begins("a")));
    REQUIRE(settles(f.io));
    CHECK(other.try_send(wsx::text{"b"}));
    REQUIRE(settles(f.io));
    CHECK(frames_of(peer).size() == 1);
    CHECK(f.client->try_send(ends("c")));
    REQUIRE(settles(f.io));
    CHECK(frames_of(peer).size() == 2);
  }

  TEST_CASE("so it does for a callback's message") {
    client_fixture<begins_a_message> f;
    memory_peer peer = f.open();
    peer.write(text_frame("go"));
    REQUIRE(settles(f.io));
    CHECK(f.client->try_send(wsx::text{"b"}));
    CHECK(settles(f.io));
    CHECK(frames_of(peer).size() == 1);
  }

  TEST_CASE("frames that Close has left behind don't keep the strand busy") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.allow_write(1);
    CHECK(f.client->try_send(wsx::text{"a"}));
    poll(f.io);
    CHECK(f.client->try_send(wsx::text{"b"}));
    peer.write(close_frame(1000));
    poll(f.io);
    peer.allow_write(memory_peer::unlimited);
    CHECK(settles(f.io));
    CHECK(frames_of(peer) == lines{"text \"a\"", "close 1000 \"\""});
  }

  TEST_CASE("replies that wait for a producer's message stop the reading, not the strand") {
    client_fixture<answers_at_length> f;
    memory_peer peer = f.open();
    CHECK(f.client->try_send(begins("a")));
    poll(f.io);
    for (int i = 0; i < 4; ++i) {
      peer.write(text_frame("go"));
      REQUIRE(settles(f.io));
    }
    CHECK(frames_of(peer).size() == 1);
    CHECK(f.client->try_send(ends("b")));
    REQUIRE(settles(f.io));
    CHECK(frames_of(peer).size() == 1 + 4);
  }

  TEST_CASE("what handle_connect sends leaves while it waits, however the last connection ended") {
    client_fixture<logs_in> f;
    memory_peer first = f.open();
    SUBCASE("idle") {}
    SUBCASE("with its socket full") {
      first.allow_write(0);
      first.write(text_frame("x"));
    }
    poll(f.io);
    first.close();
    poll(f.io);
    memory_peer second = f.next_open();
    CHECK(frames_of(second) == lines{"text \"login\""});
  }

  TEST_CASE("what is left of the last connection can be flushed in handle_connect") {
    memory_client<flushes>* client = nullptr;
    int flushed = 0;
    client_fixture<flushes> f({&client, &flushed});
    client = &*f.client;
    memory_peer first = f.open();
    CHECK(flushed == 1);
    first.allow_write(0);
    CHECK(f.client->try_send(wsx::text{"x"}));
    poll(f.io);
    first.close();
    poll(f.io);
    memory_peer second = f.next_open();
    CHECK(flushed == 2);
    CHECK(frames_of(second) == lines{"text \"x\""});
  }

  TEST_CASE("a sender may be used as soon as it is made") {
    memory_client<makes_a_sender>* client = nullptr;
    std::optional<wsx::sender> made;
    client_fixture<makes_a_sender> f({&client, &made});
    client = &*f.client;
    memory_peer peer = f.open();
    peer.write(text_frame("go"));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"hi\""});
    made.reset();  // before the I/O context
  }

  TEST_CASE("a pong leaves while a callback waits") {
    client_fixture<waits> f;
    memory_peer peer = f.open();
    peer.write(encode_server_frame(ping_frame("p")) + encode_server_frame(text_frame("t")));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"pong \"p\""});
  }

  TEST_CASE("messages are sent while the first callback waits") {
    client_fixture<waits> f;
    CHECK(!f.client->try_send(wsx::text{"early"}));  // its sender is not new any more
    memory_peer peer = f.dial();
    const auto written = peer.take_written();
    std::string_view left = written;
    const auto response = make_accept_response(parse_request(left).value());
    const auto frame = encode_server_frame(text_frame("t"));
    SUBCASE("for a frame that came in one piece with the handshake's response") {
      peer.write(response + frame);
    }
    SUBCASE("for one that came right behind it") {
      peer.limit_read(response.size());
      peer.write(response + frame);
    }
    SUBCASE("for one that is read behind a message for another callback") {
      peer.write(response);
      poll(f.io);
      // As much as is read at once: there is no wait before the rest is read.
      peer.write(encode_server_frame(binary_frame(std::string(64 * 1024 - 4, 'x'))) + frame);
    }
    poll(f.io);
    REQUIRE(f.handler().begun == 1);
    CHECK(f.client->try_send(wsx::text{"x"}));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"x\""});
  }

  TEST_CASE("what fails while the strand writes ends the connection, nothing else") {
    std::error_code error;
    SUBCASE("no memory") {
      never_ready::refuse = [] { throw std::bad_alloc(); };
      error = wsx::errc::internal_failure;
    }
    SUBCASE("an error of the system") {
      error = make_error_code(std::errc::too_many_files_open);
      never_ready::refuse = [] {
        throw std::system_error(make_error_code(std::errc::too_many_files_open));
      };
    }
    SUBCASE("whatever it is") {
      error = wsx::errc::internal_failure;
      never_ready::refuse = [] { throw 1; };
    }
    client_fixture<quiet, never_ready> f({}, impatient());
    memory_peer peer = f.open();
    peer.allow_write(1);
    CHECK(f.client->try_send(wsx::text{"a"}));
    CHECK_NOTHROW(poll(f.io));
    CHECK(f.run_until([&] { return f.ended.done(); }));
    CHECK(f.ended.reason.error == error);
    never_ready::refuse = nullptr;
  }

  TEST_CASE("a sender that is gone in the middle of a message fails the connection") {
    client_fixture<reconnecting> f;
    memory_peer peer = f.open();
    {
      auto gone = f.client->make_sender();
      CHECK(gone.try_send(begins("a")));
    }
    REQUIRE(settles(f.io));
    const auto sent = frames_of(peer);
    REQUIRE(sent.size() == 2);
    CHECK(sent[1].starts_with("close 1011"));
    peer.close();
    poll(f.io);
    memory_peer second = f.next_open();
    CHECK(works(f, second));
  }

  TEST_CASE("a sender that is gone between messages fails nothing") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    {
      auto gone = f.client->make_sender();
      CHECK(gone.try_send(begins("a")));
      CHECK(gone.try_send(ends("b")));
    }
    poll(f.io);
    CHECK(works(f, peer));
  }

  TEST_CASE("flush fails for replies that went with their connection") {
    struct replies {
      wsx::action handle_frame(wsx::text t) { return wsx::reply(t); }
      wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
        return wsx::reconnect();
      }
    };
    client_fixture<replies> f;
    memory_peer first = f.open();
    first.allow_write(0);
    first.write(text_frame("t"));
    poll(f.io);
    outcome flushed;
    f.client->flush(flushed.token());
    poll(f.io);
    CHECK_FALSE(flushed.done());
    first.close();
    poll(f.io);
    CHECK(flushed.failed(wsx::errc::connection_dropped));
    memory_peer second = f.next_open();
    CHECK(frames_of(second).empty());
  }
}
