#include "../support.hpp"

#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>

#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// What becomes of a client in which something throws that is no callback: there is no memory, or no
// thread for the resolver.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// A transport that throws where a test wants it.
class faulty_transport : public memory_transport {
 public:
  using memory_transport::memory_transport;

  asio::awaitable<std::error_code> connect(const wsx::url& to, wsx::diagnostics& d) {
    if (connects_to_fail > 0) {
      --connects_to_fail;
      throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                              "thread");
    }
    return memory_transport::connect(to, d);
  }

  void async_wait(wsx::io_direction direction, wsx::wait_handler ready) {
    if (waits_to_fail > 0) {
      --waits_to_fail;
      throw std::bad_alloc();
    }
    memory_transport::async_wait(direction, std::move(ready));
  }

  static inline int connects_to_fail = 0;
  static inline int waits_to_fail = 0;
};

struct asked {
  lines* told;
  bool reconnects = true;

  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    const bool internal = d.reason.error == wsx::errc::internal_failure;
    told->push_back(std::to_string(d.attempt) + (internal ? " internal" : " other"));
    return reconnects ? wsx::reconnect() : wsx::stop();
  }
  void terminate(const wsx::close_reason&) { told->push_back("terminate"); }
};

// Its callbacks are coroutines: another driver reads for them.
struct asked_async : asked {
  asio::awaitable<void> handle_frame(wsx::text) { co_return; }
};

std::string thread_message() {
  const auto error = std::make_error_code(std::errc::resource_unavailable_try_again);
  return std::system_error(error, "thread").what();
}

template <class Handler>
void survives_a_failed_wait() {
  lines told;
  Handler handler{};
  handler.told = &told;
  client_fixture<Handler, faulty_transport> f(handler);
  memory_peer peer = f.open();
  CHECK(f.connected.ok());
  faulty_transport::waits_to_fail = 1;
  peer.write(text_frame("wake"));
  poll(f.io);
  CHECK(faulty_transport::waits_to_fail == 0);
  CHECK(peer.client_closed());
  CHECK(told == lines{"1 internal"});

  memory_peer again = f.server.next().value();
  again.accept();
  poll(f.io);
  CHECK(works(f, again));
  CHECK(!f.ended.done());
}

// An executor that has no memory for what it is given.
struct full_executor {
  asio::execution_context* of;

  asio::execution_context& query(asio::execution::context_t) const noexcept { return *of; }
  full_executor require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
  template <class Work>
  void execute(Work) const {
    throw std::bad_alloc();
  }
  bool operator==(const full_executor&) const noexcept = default;
};

struct answers : asked {
  wsx::action handle_frame(wsx::text t) { return wsx::reply(t); }
};

// A transport that breaks its contract: `close` completes what waits, within the call.
class hasty_transport : public memory_transport {
 public:
  using memory_transport::memory_transport;

  void async_wait(wsx::io_direction direction, wsx::wait_handler ready) {
    waiting_.push_back(ready);
    memory_transport::async_wait(direction, std::move(ready));
  }
  void close() noexcept {
    for (const auto& ready : std::exchange(waiting_, {})) ready(asio::error::operation_aborted);
    memory_transport::close();
  }

 private:
  std::vector<wsx::wait_handler> waiting_;
};

}  // namespace

TEST_SUITE("behavior/lifetime/internal_failure") {
  TEST_CASE("a transport that completes waits within close: the client ends as ever") {
    for (const std::string how :
         {"abort", "close", "destroyed", "dropped", "refused", "aborted while it connects"}) {
      CAPTURE(how);
      lines told;
      client_fixture<asked, hasty_transport> f({&told, false});
      const bool opens = how != "refused" && how != "aborted while it connects";
      memory_peer peer = opens ? f.open() : f.dial();
      if (how.starts_with("abort")) f.client->abort();
      if (how == "close") f.client->close([](std::error_code) {});
      if (how == "destroyed") f.client.reset();
      if (how == "dropped") peer.close();
      if (how == "refused") peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      REQUIRE(f.run_until([&] { return how == "refused" ? f.connected.done() : f.ended.done(); }));
      poll(f.io);
      CHECK(peer.client_closed());
      CHECK(f.connected.calls == 1);
      const bool silent = how == "destroyed" || how == "refused";
      CHECK((silent ? told.empty() : told.back() == "terminate"));
    }
  }

  TEST_CASE("the first attempt fails, and connect may be called again") {
    lines told;
    client_fixture<asked, faulty_transport> f({&told});
    faulty_transport::connects_to_fail = 1;
    outcome first;
    wsx::diagnostics details;
    f.client->connect(f.server.url(), details, first.token());
    poll(f.io);
    CHECK(first.failed(wsx::errc::internal_failure));
    CHECK(first.error == wsx::condition::transient);
    CHECK(details.message ==
          "cannot connect to server:80: " + first.error.message() + ": " + thread_message());
    CHECK(told.empty());

    memory_peer peer = f.open();
    CHECK(f.connected.ok());
    CHECK(works(f, peer));
  }

  TEST_CASE("a reconnect fails: the handler is asked, as after any other") {
    lines told;
    client_fixture<asked, faulty_transport> f({&told});
    memory_peer peer = f.open();
    faulty_transport::connects_to_fail = 2;
    peer.close();
    poll(f.io);
    CHECK(told == lines{"1 other", "2 internal", "3 internal"});
    memory_peer again = f.server.next().value();
    again.accept();
    poll(f.io);
    CHECK(works(f, again));
  }

  TEST_CASE("the handler stops: join has the failure, and what was thrown") {
    lines told;
    client_fixture<asked, faulty_transport> f({&told, false});
    memory_peer peer = f.open();
    faulty_transport::waits_to_fail = 1;
    peer.write(text_frame("wake"));
    poll(f.io);
    CHECK(told == lines{"1 internal", "terminate"});
    CHECK(f.ended.failed(wsx::errc::internal_failure));
    CHECK(f.ended.reason.exception);
    CHECK(f.ended.reason.diagnostics.message ==
          "the connection to server:80 failed: " + f.ended.error.message() + ": std::bad_alloc");
  }

  TEST_CASE("a flush that can't be told: the next connection finds nothing of the last one") {
    for (const bool drops : {false, true}) {
      CAPTURE(drops);
      lines told;
      client_fixture<answers> f({{&told}},
                                calm().set(&wsx::options::drop_unsent_on_disconnect, drops));
      const full_executor full{&f.io};
      memory_peer peer = f.open();
      peer.discard_written();
      peer.allow_write(0);
      for (const char* const reply : {"being written", "behind that"}) {
        peer.write(text_frame(reply));
        poll(f.io);
      }
      outcome lost;
      outcome flushed;
      f.client->flush(asio::bind_executor(full, lost.token()));
      f.client->flush(flushed.token());
      poll(f.io);
      peer.close();
      poll(f.io);
      CHECK(told == lines{"1 internal"});
      memory_peer again = f.server.next().value();
      again.accept();
      poll(f.io);
      CHECK(frames_of(again).empty());
      CHECK(works(f, again));
      CHECK(!lost.done());
      CHECK(flushed.failed(wsx::errc::connection_dropped));
      CHECK(f.client->stats().replies_dropped == 2);
    }
  }

  TEST_CASE("an open connection fails, and the handler reconnects") {
    survives_a_failed_wait<asked>();
    survives_a_failed_wait<asked_async>();
  }
}
