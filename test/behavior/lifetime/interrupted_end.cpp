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

// How a client ends that is interrupted: what those who wait are told, and that it does end.

namespace {

using namespace client_test;
using namespace wsx::testing;
using namespace std::chrono_literals;

asio::awaitable<void> wait_long() {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  co_await timer.async_wait(asio::use_awaitable);
}

struct quiet {
  void handle_frame(wsx::text) {}
};

struct ponders : quiet {
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    auto waiting = wait_long();
    co_await std::move(waiting);
    co_return wsx::reconnect();
  }
};

struct lingers : quiet {
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

struct goes_astray : quiet {
  int* asked;

  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    ++*asked;
    return wsx::reconnect_to("nonsense");
  }
};

// Notes down whether something has canceled what it does.
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

TEST_SUITE("client: ending") {
  TEST_CASE("abort while handle_disconnect waits") {
    world<ponders> w;
    memory_peer peer = w.open();
    peer.close();
    poll(w.io);
    w.client->abort();
    poll(w.io);
    CHECK(w.ended.failed(wsx::errc::aborted));
    CHECK_FALSE(w.ended.reason.exception);
  }

  TEST_CASE("close while handle_disconnect waits: an end in order") {
    world<ponders> w;
    memory_peer peer = w.open();
    peer.close();
    poll(w.io);
    outcome closed;
    w.client->close(closed.token());
    poll(w.io);
    CHECK(closed.ok());
    CHECK(w.ended.ok());
    CHECK(w.ended.reason.origin == wsx::close_origin::local);
  }

  TEST_CASE("abort while terminate waits: the connection had ended in order before") {
    world<lingers> w;
    memory_peer peer = w.open();
    peer.write(close_frame(1000));
    poll(w.io);
    peer.close();
    poll(w.io);
    w.client->abort();
    poll(w.io);
    CHECK(w.ended.ok());
  }

  TEST_CASE("connect is canceled while the handler ponders about the first failure") {
    auto o = calm();
    o.handle_first_failure = true;
    world<ponders> w({}, o);
    w.server.refuse(asio::error::connection_refused);
    asio::cancellation_signal cancel;
    w.client->connect(w.server.url(),
                      asio::bind_cancellation_slot(cancel.slot(), w.connected.token()));
    poll(w.io);
    CHECK_FALSE(w.connected.done());
    cancel.emit(asio::cancellation_type::terminal);
    poll(w.io);
    CHECK(w.connected.failed(asio::error::operation_aborted));

    w.connected = {};
    w.server.refuse({});
    memory_peer peer = w.open();
    CHECK(w.connected.ok());
    CHECK(works(w, peer));
  }

  TEST_CASE("between two connections") {
    int terminated = 0;
    world<pauses> w({{}, &terminated});
    memory_peer peer = w.open();
    peer.write(close_frame(1000));
    poll(w.io);
    peer.close();
    poll(w.io);
    CHECK_FALSE(w.ended.done());

    outcome closed;
    SUBCASE("destroyed: aborted, though the last connection ended in order") {
      w.client.reset();
      poll(w.io);
      CHECK(w.ended.failed(wsx::errc::aborted));
      CHECK(terminated == 0);
    }
    SUBCASE("aborted") {
      w.client->abort();
      poll(w.io);
      CHECK(w.ended.failed(wsx::errc::aborted));
      CHECK(terminated == 1);
    }
    SUBCASE("closed, and aborted then: closed") {
      outcome again;
      w.client->close(closed.token());
      w.client->close(wsx::close_code{4000}, "", again.token());
      w.client->abort();
      poll(w.io);
      CHECK(closed.ok());
      CHECK(again.done());
      CHECK(w.ended.ok());
      CHECK(terminated == 1);
    }
  }

  TEST_CASE("close while connecting: connect is aborted, the end is in order") {
    world<quiet> w;
    memory_peer peer = w.dial();
    outcome closed;
    w.client->close(closed.token());
    poll(w.io);
    CHECK(closed.ok());
    CHECK(w.connected.failed(wsx::errc::aborted));
    CHECK(w.ended.ok());
    CHECK(peer.client_closed());
  }

  TEST_CASE("who waits in close learns of an abort") {
    world<quiet> w;
    memory_peer peer = w.open();
    outcome closed;
    w.client->close(closed.token());
    poll(w.io);
    SUBCASE("abort") {
      w.client->abort();
    }
    SUBCASE("destruction") {
      w.client.reset();
    }
    poll(w.io);
    CHECK(closed.failed(wsx::errc::aborted));
    CHECK(w.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("a handler that reconnects to nonsense at once leaves others their turn") {
    int asked = 0;
    world<goes_astray> w({{}, &asked});
    memory_peer peer = w.open();
    peer.close();
    for (int i = 0; i < 100; ++i) {
      w.io.restart();
      w.io.poll_one();
    }
    CHECK(asked > 1);
    w.client->abort();
    poll(w.io);
    CHECK(w.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("what a deadline interrupted is not canceled on the next connection") {
    std::vector<bool> canceled;
    world<looks_at_its_state> w({&canceled}, impatient());
    memory_peer peer = w.open();
    peer.write(text_frame("t"));  // the client closes, the server never answers
    run_until(w.io, [&] { return canceled.size() == 2; });
    poll(w.io);
    auto second = w.server.next();
    REQUIRE(second);
    second->accept();
    poll(w.io);
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
