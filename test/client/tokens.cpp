#include "tokens.hpp"

#include "support.hpp"

#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <future>
#include <tuple>

// Each operation with each kind of completion token: what it completes with, and where.

namespace {

using namespace client_test;
using namespace wsx::testing;

struct plain {
  void handle_frame(wsx::text) {}
};

// The server's part of a close.
void end(world<plain>& w, memory_peer& peer) {
  peer.write(close_frame(1000));
  peer.close();
  poll(w.io);
}

template <class T>
bool ready(std::future<T>& f) {
  return f.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

template <class T>
std::error_code error_of(std::future<T>& f) {
  try {
    f.get();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

asio::awaitable<void> use_tuples(memory_client<plain>* client, std::string url,
                                 std::vector<std::error_code>* errors) {
  constexpr auto token = as_tuple(asio::use_awaitable);
  const auto note = [&](std::tuple<std::error_code> result) {
    errors->push_back(std::get<0>(result));
  };
  const wsx::text hello{"hello"};
  note(co_await client->send(hello, token));
  note(co_await client->connect(url, token));
  note(co_await client->send(hello, token));
  note(co_await client->flush(token));
  note(co_await client->close(wsx::close_code{4000}, "bye", token));
  const auto [error, reason] = co_await client->join(token);
  errors->push_back(error);
  CHECK(reason.sent == wsx::close_code{4000});
}

asio::awaitable<void> use_deferred(memory_client<plain>* client, std::string url,
                                   wsx::close_reason* over) {
  // Nothing begins before it is awaited.
  auto connect = client->connect(url, deferred);
  auto flush = client->flush(deferred);
  auto join = client->join(deferred);
  auto close = client->close(wsx::close_code::normal, "bye", deferred);
  co_await std::move(connect)(asio::use_awaitable);
  const wsx::text hello{"hello"};
  auto send = client->send(hello, deferred);
  co_await std::move(send)(asio::use_awaitable);
  co_await std::move(flush)(asio::use_awaitable);
  co_await std::move(close)(asio::use_awaitable);
  *over = co_await std::move(join)(asio::use_awaitable);
}

}  // namespace

TEST_SUITE("client: each completion token") {
  TEST_CASE("a callback: never called within the call that starts the operation") {
    world<plain> w;
    outcome sent, flushed, closed, joined;
    w.client->connect(w.server.url(), w.connected.token());
    w.client->join(joined.join_token());
    CHECK(!w.connected.done());
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.accept();
    poll(w.io);
    CHECK(w.connected.ok());
    w.client->send(wsx::text{"a"}, sent.token());
    w.client->flush(flushed.token());
    CHECK(!sent.done());
    CHECK(!flushed.done());
    poll(w.io);
    CHECK(sent.ok());
    CHECK(flushed.ok());
    w.client->close(wsx::close_code{1005}, "", closed.token());
    CHECK(!closed.done());
    poll(w.io);
    CHECK(closed.failed(wsx::errc::invalid_close_code));
    CHECK(!joined.done());
    end(w, peer);
    CHECK(joined.ok());
    CHECK(joined.reason.origin == wsx::close_origin::remote);
  }

  TEST_CASE("use_future: the result, or the error as an exception") {
    world<plain> w;
    auto early = w.client->send(wsx::text{"a"}, asio::use_future);
    auto connected = w.client->connect(w.server.url(), asio::use_future);
    auto joined = w.client->join(asio::use_future);
    poll(w.io);
    CHECK(error_of(early) == wsx::errc::not_connected);
    memory_peer peer = w.server.next().value();
    CHECK(!ready(connected));
    peer.accept();
    poll(w.io);
    CHECK(!error_of(connected));
    auto sent = w.client->send(wsx::text{"a"}, asio::use_future);
    auto flushed = w.client->flush(asio::use_future);
    auto closed = w.client->close(wsx::close_code{4000}, "bye", asio::use_future);
    poll(w.io);
    CHECK(!error_of(sent));
    CHECK(!error_of(flushed));
    CHECK(!ready(closed));
    CHECK(frames_of(peer) == lines{"text \"a\"", "close 4000 \"bye\""});
    end(w, peer);
    CHECK(!error_of(closed));
    CHECK(error_of(joined) == wsx::errc::closed_abnormally);
  }

  TEST_CASE("detached: everything happens, and nobody is told") {
    world<plain> w;
    w.client->connect(w.server.url(), asio::detached);
    w.client->join(asio::detached);
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.accept();
    poll(w.io);
    w.client->send(wsx::text{"a"}, asio::detached);
    w.client->flush(asio::detached);
    w.client->close(wsx::close_code::normal, "bye", asio::detached);
    // An error is nobody's business either.
    w.client->close(wsx::close_code{1005}, "", asio::detached);
    poll(w.io);
    CHECK(frames_of(peer) == lines{"text \"a\"", "close 1000 \"bye\""});
    end(w, peer);
    w.client->send(wsx::text{"a"}, asio::detached);
    CHECK(run_out(w.io));
  }

  TEST_CASE("as_tuple: errors as values") {
    world<plain> w;
    std::vector<std::error_code> errors;
    asio::co_spawn(w.io, use_tuples(&*w.client, w.server.url(), &errors), asio::detached);
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.accept();
    poll(w.io);
    CHECK(frames_of(peer) == lines{"text \"hello\"", "close 4000 \"bye\""});
    CHECK(errors.size() == 4);
    end(w, peer);
    const std::error_code none;
    CHECK(errors == std::vector<std::error_code>{wsx::errc::not_connected, none, none, none, none,
                                                 wsx::errc::closed_abnormally});
  }

  TEST_CASE("deferred: begins when it is told to") {
    world<plain> w;
    wsx::close_reason over;
    auto never = w.client->connect(w.server.url(), deferred);
    asio::co_spawn(w.io, use_deferred(&*w.client, w.server.url(), &over), asio::detached);
    poll(w.io);
    CHECK(w.server.accepted() == 1);
    memory_peer peer = w.server.next().value();
    peer.accept();
    poll(w.io);
    CHECK(frames_of(peer) == lines{"text \"hello\"", "close 1000 \"bye\""});
    end(w, peer);
    CHECK(over.normal());
    CHECK(over.text == "bye");
  }

  TEST_CASE("bind_executor: completes there, and only there") {
    world<plain> w;
    asio::io_context elsewhere;
    const auto there = [&](auto token) {
      return asio::bind_executor(elsewhere.get_executor(), std::move(token));
    };
    outcome sent, flushed, closed, joined;
    const auto told = [&](const outcome& one) {
      poll(w.io);
      if (one.done()) return false;
      poll(elsewhere);
      return one.calls == 1;
    };
    w.client->connect(w.server.url(), there(w.connected.token()));
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.accept();
    CHECK(told(w.connected));
    w.client->send(wsx::text{"a"}, there(sent.token()));
    CHECK(told(sent));
    w.client->flush(there(flushed.token()));
    CHECK(told(flushed));
    w.client->join(there(joined.join_token()));
    w.client->close(wsx::close_code::normal, "bye", there(closed.token()));
    poll(w.io);
    peer.write(close_frame(1000));
    peer.close();
    poll(w.io);
    CHECK(!joined.done());
    CHECK(told(closed));
    CHECK(joined.ok());
    CHECK(joined.reason.text == "bye");
  }
}
