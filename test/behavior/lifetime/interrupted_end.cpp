#include "../support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

// A client that is interrupted ends, and operations that wait are told how.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using namespace std::chrono_literals;

asio::awaitable<void> wait_long() {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  co_await timer.async_wait(asio::use_awaitable);
}

struct decides_slowly : quiet {
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    auto waiting = wait_long();
    co_await std::move(waiting);
    co_return wsx::reconnect();
  }
};

struct terminates_slowly : quiet {
  asio::awaitable<void> terminate(const wsx::close_reason&) { return wait_long(); }
};

struct pauses : quiet {
  int* terminated = nullptr;

  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    return wsx::reconnect_after(1h);
  }
  void terminate(const wsx::close_reason&) {
    if (terminated != nullptr) ++*terminated;
  }
};

struct reconnects_to_nowhere : quiet {
  int* asked;

  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    ++*asked;
    return wsx::reconnect_to("nonsense");
  }
};

// Records whether its callbacks were canceled.
struct looks_at_its_state {
  std::vector<bool>* canceled;

  asio::awaitable<void> handle_connect(const wsx::connection_info&) { return look(); }
  wsx::action handle_frame(wsx::text) { return wsx::close(); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    auto looking = look();
    co_await std::move(looking);
    co_return wsx::reconnect();
  }

 private:
  asio::awaitable<void> look() {
    const auto state = co_await asio::this_coro::cancellation_state;
    canceled->push_back(state.cancelled() != asio::cancellation_type::none);
  }
};

}  // namespace

TEST_SUITE("behavior/lifetime/interrupted_end") {
  TEST_CASE("abort while handle_disconnect waits") {
    client_fixture<decides_slowly> f;
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    f.client->abort();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK_FALSE(f.ended.reason.exception);
  }

  TEST_CASE("close while handle_disconnect waits: an end in order") {
    client_fixture<decides_slowly> f;
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.ended.reason.origin == wsx::close_origin::local);
  }

  TEST_CASE("abort while terminate waits: the connection had ended in order before") {
    client_fixture<terminates_slowly> f;
    memory_peer peer = f.open();
    peer.write(close_frame(1000));
    poll(f.io);
    peer.close();
    poll(f.io);
    f.client->abort();
    poll(f.io);
    CHECK(f.ended.ok());
  }

  TEST_CASE("connect is canceled while the handler decides about the first failure") {
    auto o = calm();
    o.handle_first_failure = true;
    client_fixture<decides_slowly> f({}, o);
    f.server.refuse(asio::error::connection_refused);
    asio::cancellation_signal cancel;
    f.client->connect(f.server.url(),
                      asio::bind_cancellation_slot(cancel.slot(), f.connected.token()));
    poll(f.io);
    CHECK_FALSE(f.connected.done());
    cancel.emit(asio::cancellation_type::terminal);
    poll(f.io);
    CHECK(f.connected.failed(asio::error::operation_aborted));

    f.connected = {};
    f.server.refuse({});
    memory_peer peer = f.open();
    CHECK(f.connected.ok());
    CHECK(works(f, peer));
  }

  TEST_CASE("between two connections") {
    int terminated = 0;
    client_fixture<pauses> f({{}, &terminated});
    memory_peer peer = f.open();
    peer.write(close_frame(1000));
    poll(f.io);
    peer.close();
    poll(f.io);
    CHECK_FALSE(f.ended.done());

    outcome closed;
    SUBCASE("destroyed: aborted, though the last connection ended in order") {
      f.client.reset();
      poll(f.io);
      CHECK(f.ended.failed(wsx::errc::aborted));
      CHECK(terminated == 0);
    }
    SUBCASE("aborted") {
      f.client->abort();
      poll(f.io);
      CHECK(f.ended.failed(wsx::errc::aborted));
      CHECK(terminated == 1);
    }
    SUBCASE("closed, and aborted then: closed") {
      outcome again;
      f.client->close(closed.token());
      f.client->close(wsx::close_code{4000}, "", again.token());
      f.client->abort();
      poll(f.io);
      CHECK(closed.ok());
      CHECK(again.done());
      CHECK(f.ended.ok());
      CHECK(terminated == 1);
    }
  }

  TEST_CASE("close while connecting: connect is aborted, the end is in order") {
    client_fixture<quiet> f;
    memory_peer peer = f.dial();
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(closed.ok());
    CHECK(f.connected.failed(wsx::errc::aborted));
    CHECK(f.ended.ok());
    CHECK(peer.client_closed());
  }

  TEST_CASE("a close that waits learns of an abort") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    SUBCASE("abort") {
      f.client->abort();
    }
    SUBCASE("destruction") {
      f.client.reset();
    }
    poll(f.io);
    CHECK(closed.failed(wsx::errc::aborted));
    CHECK(f.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("a handler that always reconnects at once to an invalid URL leaves others their turn") {
    int asked = 0;
    client_fixture<reconnects_to_nowhere> f({{}, &asked});
    memory_peer peer = f.open();
    peer.close();
    for (int i = 0; i < 100; ++i) {
      f.io.restart();
      f.io.poll_one();
    }
    CHECK(asked > 1);
    f.client->abort();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("what a deadline interrupted is not canceled on the next connection") {
    std::vector<bool> canceled;
    client_fixture<looks_at_its_state> f({&canceled}, impatient());
    memory_peer peer = f.open();
    peer.write(text_frame("t"));  // the client closes, the server never answers
    f.run_until([&] { return canceled.size() == 2; });
    poll(f.io);
    auto second = f.server.next();
    REQUIRE(second);
    second->accept();
    poll(f.io);
    CHECK(canceled == std::vector<bool>{false, false, false});
  }

  TEST_CASE("mail that owns the client goes with the context") {
    struct owner {
      std::shared_ptr<void> owned;
    };
    struct takes_owners : quiet {
      void handle_info(const owner&) {}
    };
    const auto watched = std::make_shared<int>();
    {
      asio::io_context io;
      const auto client =
          std::make_shared<memory_client<takes_owners>>(io.get_executor(), takes_owners(), calm());
      using both = std::pair<std::shared_ptr<void>, std::shared_ptr<int>>;
      CHECK(client->post(owner{std::make_shared<both>(client, watched)}));
    }
    CHECK(watched.use_count() == 1);
  }
}
