#include "../support.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <future>

// The operations of a client: what they complete with, whatever the completion token, and what
// happens to those who use them at the wrong time.

namespace {

using namespace client_test;
using namespace wsx::testing;

struct plain {
  int* terminated;
  void handle_frame(wsx::text) {}
  void terminate(const wsx::close_reason&) {
    if (terminated != nullptr) ++*terminated;
  }
};

asio::awaitable<void> use_all(memory_client<plain>* client, std::string url, outcome* over) {
  co_await client->connect(url);
  co_await client->send(wsx::text{"one"});
  std::error_code error;
  co_await client->send(wsx::text{"two"}, asio::redirect_error(asio::use_awaitable, error));
  CHECK(!error);
  co_await client->send(wsx::text{"three"}, asio::use_awaitable);
  co_await client->flush();
  co_await client->close(wsx::close_code::normal, "bye");
  over->reason = co_await client->join();
  ++over->calls;
}

asio::awaitable<void> fail_all(memory_client<plain>* client, lines* thrown) {
  try {
    co_await client->send(wsx::text{"a"});
  } catch (const wsx::system_error& e) {
    thrown->push_back(e.what());
  }
  try {
    co_await client->flush();
  } catch (const wsx::system_error& e) {
    thrown->push_back(e.what());
  }
  try {
    co_await client->close(wsx::close_code{1005});
  } catch (const wsx::system_error& e) {
    thrown->push_back(e.what());
  }
  try {
    co_await client->connect("ws://nobody/");
  } catch (const wsx::system_error& e) {
    thrown->push_back(e.what());
  }
}

std::error_code error_of(std::future<void>& f) {
  try {
    f.get();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

}  // namespace

TEST_SUITE("client: completion tokens") {
  TEST_CASE("coroutines") {
    world<plain> w({nullptr});
    outcome over;
    asio::co_spawn(w.io, use_all(&*w.client, w.server.url(), &over), asio::detached);
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.accept();
    poll(w.io);
    CHECK(frames_of(peer) ==
          lines{"text \"one\"", "text \"two\"", "text \"three\"", "close 1000 \"bye\""});
    peer.write(close_frame(1000));
    peer.close();
    CHECK(run_out(w.io));
    CHECK(over.calls == 1);
    CHECK(over.reason.normal());
    CHECK(over.reason.clean);
  }

  TEST_CASE("coroutines get what is known about a failure as an exception") {
    world<plain> w({nullptr});
    lines thrown;
    asio::co_spawn(w.io, fail_all(&*w.client, &thrown), asio::detached);
    poll(w.io);
    const std::error_code unknown = asio::error::host_not_found;
    CHECK(thrown == lines{"cannot send: no connection is open",
                          "cannot flush: no connection is open",
                          "cannot close with 1005: the close code may not be sent",
                          "cannot connect to nobody:80: connecting: " + unknown.message()});
  }

  TEST_CASE("futures, and nobody at all") {
    world<plain> w({nullptr});
    auto connected = w.client->connect(w.server.url(), asio::use_future);
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.accept();
    poll(w.io);
    CHECK(!error_of(connected));
    w.client->send(wsx::text{"a"}, asio::detached);
    auto flushed = w.client->flush(asio::use_future);
    auto joined = w.client->join(asio::use_future);
    poll(w.io);
    CHECK(!error_of(flushed));
    w.client->close(wsx::close_code::normal, "", asio::detached);
    poll(w.io);
    peer.write(close_frame(1000));
    peer.close();
    poll(w.io);
    CHECK(joined.get().clean);
  }
}

TEST_SUITE("client: operations at the wrong time") {
  TEST_CASE("before connect") {
    world<plain> w({nullptr});
    std::error_code error;
    CHECK(!w.client->try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::not_connected);
    outcome sent, flushed, closed;
    w.client->send(wsx::text{"a"}, sent.token());
    w.client->flush(flushed.token());
    w.client->close(wsx::close_code::normal, "", closed.token());
    poll(w.io);
    CHECK(sent.failed(wsx::errc::not_connected));
    CHECK(flushed.failed(wsx::errc::not_connected));
    CHECK(closed.ok());  // there is nothing to close
    CHECK(!w.client->is_open());
    // Nothing of it keeps the client from connecting.
    w.open();
    CHECK(w.connected.ok());
    CHECK(w.client->is_open());
  }

  TEST_CASE("connect twice") {
    world<plain> w({nullptr});
    memory_peer peer = w.dial();
    outcome second;
    w.client->connect(w.server.url(), second.token());
    poll(w.io);
    CHECK(second.failed(wsx::errc::already_started));
    CHECK(!w.connected.done());
    peer.accept();
    poll(w.io);
    CHECK(w.connected.ok());
    outcome third;
    w.client->connect(w.server.url(), third.token());
    poll(w.io);
    CHECK(third.failed(wsx::errc::already_started));
    CHECK(works(w, peer));
    CHECK(w.server.accepted() == 1);
  }

  TEST_CASE("close twice: both wait for the end") {
    world<plain> w({nullptr});
    memory_peer peer = w.open();
    outcome first, second;
    w.client->close(wsx::close_code::normal, "one", first.token());
    w.client->close(wsx::close_code::going_away, "two", second.token());
    poll(w.io);
    CHECK(frames_of(peer) == lines{"close 1000 \"one\""});
    CHECK(!first.done());
    peer.write(close_frame(1000));
    peer.close();
    poll(w.io);
    CHECK(first.ok());
    CHECK(second.ok());
    CHECK(w.ended.reason.text == "one");
  }

  TEST_CASE("close with what may not be sent") {
    world<plain> w({nullptr});
    memory_peer peer = w.open();
    outcome code, length, text;
    w.client->close(wsx::close_code{1005}, "", code.token());
    w.client->close(wsx::close_code::normal, std::string(124, 'a'), length.token());
    w.client->close(wsx::close_code::normal, "\xff", text.token());
    poll(w.io);
    CHECK(code.failed(wsx::errc::invalid_close_code));
    CHECK(length.failed(wsx::errc::control_payload_too_long));
    CHECK(text.failed(wsx::errc::invalid_text));
    CHECK(works(w, peer));
  }

  TEST_CASE("while closing") {
    world<plain> w({nullptr});
    w.open();
    outcome closed, sent;
    w.client->close(wsx::close_code::normal, "", closed.token());
    poll(w.io);
    std::error_code error;
    CHECK(!w.client->try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::closing);
    w.client->send(wsx::text{"a"}, sent.token());
    poll(w.io);
    CHECK(sent.failed(wsx::errc::closing));
  }

  TEST_CASE("a server that does not end its connection is cut off") {
    world<plain> w({nullptr}, impatient());
    memory_peer peer = w.open();
    outcome closed;
    w.client->close(wsx::close_code::normal, "", closed.token());
    CHECK(run_until(w.io, [&] { return closed.done() && w.ended.done(); }));
    CHECK(closed.failed(wsx::errc::close_timeout));
    CHECK(peer.client_closed());
    CHECK(!w.ended.reason.clean);
  }

  TEST_CASE("a server that never stops to send is cut off") {
    world<plain> w({nullptr}, impatient());
    memory_peer peer = w.open();
    outcome closed;
    w.client->close(wsx::close_code::normal, "", closed.token());
    // More than one read can take, again and again.
    const std::string flood = encode_server_frame(binary_frame(std::string(1 << 20, 'x')));
    CHECK(run_until(w.io, [&] {
      if (peer.bytes_read() < std::size_t{1} << 32) peer.write(flood);
      return closed.done();
    }));
    CHECK(closed.failed(wsx::errc::close_timeout));
  }

  TEST_CASE("after the end") {
    int terminated = 0;
    world<plain> w({&terminated});
    memory_peer peer = w.open();
    peer.write(close_frame(1000));
    peer.close();
    poll(w.io);
    REQUIRE(w.ended.ok());
    std::error_code error;
    CHECK(!w.client->try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::not_connected);
    outcome connected, sent, flushed, closed, joined;
    w.client->connect(w.server.url(), connected.token());
    w.client->send(wsx::text{"a"}, sent.token());
    w.client->flush(flushed.token());
    w.client->close(wsx::close_code::normal, "", closed.token());
    w.client->join(joined.join_token());
    w.client->abort();
    poll(w.io);
    CHECK(connected.failed(wsx::errc::already_started));
    CHECK(sent.failed(wsx::errc::not_connected));
    CHECK(flushed.failed(wsx::errc::not_connected));
    CHECK(closed.ok());
    CHECK(joined.ok());
    CHECK(joined.reason.origin == wsx::close_origin::remote);
    CHECK(terminated == 1);
  }

  TEST_CASE("connect again after a failed one") {
    world<plain> w({nullptr});
    outcome refused, malformed, status;
    w.server.refuse(asio::error::connection_refused);
    w.client->connect(w.server.url(), refused.token());
    poll(w.io);
    CHECK(refused.failed(asio::error::connection_refused));
    w.server.refuse({});

    w.client->connect("ws://:0", malformed.token());
    poll(w.io);
    CHECK(malformed.failed(wsx::errc::invalid_url));

    w.client->connect(w.server.url(), status.token());
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater");
    poll(w.io);
    CHECK(status.failed(wsx::errc::refused_for_now));
    CHECK(peer.client_closed());

    w.open();
    CHECK(w.connected.ok());
  }

  TEST_CASE("abort: no Close frame, terminate once") {
    int terminated = 0;
    world<plain> w({&terminated});
    memory_peer peer = w.open();
    w.client->abort();
    poll(w.io);
    CHECK(w.ended.failed(wsx::errc::aborted));
    CHECK(peer.client_closed());
    CHECK(peer.take_written().empty());
    CHECK(terminated == 1);
  }

  TEST_CASE("close and abort while connecting give the attempt up") {
    for (const bool abort : {true, false}) {
      CAPTURE(abort);
      world<plain> w({nullptr});
      memory_peer peer = w.dial();
      outcome closed;
      if (abort) w.client->abort();
      if (!abort) w.client->close(wsx::close_code::normal, "", closed.token());
      poll(w.io);
      CHECK(w.connected.failed(wsx::errc::aborted));
      CHECK(w.ended.error == (abort ? make_error_code(wsx::errc::aborted) : std::error_code()));
      CHECK(peer.client_closed());
      CHECK(w.ended.reason.origin == wsx::close_origin::local);
      if (!abort) CHECK(closed.ok());
    }
  }
}
