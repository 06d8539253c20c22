#include "../support.hpp"

#include <new>
#include <system_error>

// What becomes of a client in which something throws that is no callback: there is no memory, or no
// thread for the resolver.

namespace {

using namespace client_test;
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

// The same with callbacks that are coroutines: another driver reads for them.
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
  world<Handler, faulty_transport> w(handler);
  memory_peer peer = w.open();
  CHECK(w.connected.ok());
  faulty_transport::waits_to_fail = 1;
  peer.write(text_frame("wake"));
  poll(w.io);
  CHECK(faulty_transport::waits_to_fail == 0);
  CHECK(peer.client_closed());
  CHECK(told == lines{"1 internal"});

  memory_peer again = w.server.next().value();
  again.accept();
  poll(w.io);
  CHECK(works(w, again));
  CHECK(!w.ended.done());
}

}  // namespace

TEST_SUITE("client: internal failures") {
  TEST_CASE("the first attempt fails, and connect may be called again") {
    lines told;
    world<asked, faulty_transport> w({&told});
    faulty_transport::connects_to_fail = 1;
    outcome first;
    wsx::diagnostics details;
    w.client->connect(w.server.url(), details, first.token());
    poll(w.io);
    CHECK(first.failed(wsx::errc::internal_failure));
    CHECK(first.error == wsx::condition::transient);
    CHECK(details.message ==
          "cannot connect to server:80: " + first.error.message() + ": " + thread_message());
    CHECK(told.empty());

    memory_peer peer = w.open();
    CHECK(w.connected.ok());
    CHECK(works(w, peer));
  }

  TEST_CASE("a reconnect fails: the handler is asked, as after any other") {
    lines told;
    world<asked, faulty_transport> w({&told});
    memory_peer peer = w.open();
    faulty_transport::connects_to_fail = 2;
    peer.close();
    poll(w.io);
    CHECK(told == lines{"1 other", "2 internal", "3 internal"});
    memory_peer again = w.server.next().value();
    again.accept();
    poll(w.io);
    CHECK(works(w, again));
  }

  TEST_CASE("the handler stops: join has the failure, and what was thrown") {
    lines told;
    world<asked, faulty_transport> w({&told, false});
    memory_peer peer = w.open();
    faulty_transport::waits_to_fail = 1;
    peer.write(text_frame("wake"));
    poll(w.io);
    CHECK(told == lines{"1 internal", "terminate"});
    CHECK(w.ended.failed(wsx::errc::internal_failure));
    CHECK(w.ended.reason.exception);
    CHECK(w.ended.reason.diagnostics.message ==
          "the connection to server:80 failed: " + w.ended.error.message() + ": std::bad_alloc");
  }

  TEST_CASE("an open connection fails, and the handler reconnects") {
    survives_a_failed_wait<asked>();
    survives_a_failed_wait<asked_async>();
  }
}
