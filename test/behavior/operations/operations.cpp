#include "../support.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <future>

// The operations of a client: what they complete with, whatever the completion token, and what
// happens to those who use them at the wrong time.

namespace {

using namespace behavior_test;
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

TEST_SUITE("behavior/operations/operations: completion tokens") {
  TEST_CASE("coroutines") {
    client_fixture<plain> f({nullptr});
    outcome over;
    asio::co_spawn(f.io, use_all(&*f.client, f.server.url(), &over), asio::detached);
    poll(f.io);
    memory_peer peer = f.server.next().value();
    peer.accept();
    poll(f.io);
    CHECK(frames_of(peer) ==
          lines{"text \"one\"", "text \"two\"", "text \"three\"", "close 1000 \"bye\""});
    peer.write(close_frame(1000));
    peer.close();
    CHECK(run_out(f.io));
    CHECK(over.calls == 1);
    CHECK(over.reason.normal());
    CHECK(over.reason.clean);
  }

  TEST_CASE("coroutines get what is known about a failure as an exception") {
    client_fixture<plain> f({nullptr});
    lines thrown;
    asio::co_spawn(f.io, fail_all(&*f.client, &thrown), asio::detached);
    poll(f.io);
    const std::error_code unknown = asio::error::host_not_found;
    CHECK(thrown == lines{"cannot send: no connection is open",
                          "cannot flush: no connection is open",
                          "cannot close with 1005: the close code may not be sent",
                          "cannot connect to nobody:80: connecting: " + unknown.message()});
  }

  TEST_CASE("futures, and nobody at all") {
    client_fixture<plain> f({nullptr});
    auto connected = f.client->connect(f.server.url(), asio::use_future);
    poll(f.io);
    memory_peer peer = f.server.next().value();
    peer.accept();
    poll(f.io);
    CHECK(!error_of(connected));
    f.client->send(wsx::text{"a"}, asio::detached);
    auto flushed = f.client->flush(asio::use_future);
    auto joined = f.client->join(asio::use_future);
    poll(f.io);
    CHECK(!error_of(flushed));
    f.client->close(wsx::close_code::normal, "", asio::detached);
    poll(f.io);
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(joined.get().clean);
  }
}

TEST_SUITE("behavior/operations/operations: the wrong time") {
  TEST_CASE("before connect") {
    client_fixture<plain> f({nullptr});
    std::error_code error;
    CHECK(!f.client->try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::not_connected);
    outcome sent, flushed, closed;
    f.client->send(wsx::text{"a"}, sent.token());
    f.client->flush(flushed.token());
    f.client->close(wsx::close_code::normal, "", closed.token());
    poll(f.io);
    CHECK(sent.failed(wsx::errc::not_connected));
    CHECK(flushed.failed(wsx::errc::not_connected));
    CHECK(closed.ok());  // there is nothing to close
    CHECK(!f.client->is_open());
    // Nothing of it keeps the client from connecting.
    f.open();
    CHECK(f.connected.ok());
    CHECK(f.client->is_open());
  }

  TEST_CASE("connect twice") {
    client_fixture<plain> f({nullptr});
    memory_peer peer = f.dial();
    outcome second;
    f.client->connect(f.server.url(), second.token());
    poll(f.io);
    CHECK(second.failed(wsx::errc::already_started));
    CHECK(!f.connected.done());
    peer.accept();
    poll(f.io);
    CHECK(f.connected.ok());
    outcome third;
    f.client->connect(f.server.url(), third.token());
    poll(f.io);
    CHECK(third.failed(wsx::errc::already_started));
    CHECK(works(f, peer));
    CHECK(f.server.accepted() == 1);
  }

  TEST_CASE("close twice: both wait for the end") {
    client_fixture<plain> f({nullptr});
    memory_peer peer = f.open();
    outcome first, second;
    f.client->close(wsx::close_code::normal, "one", first.token());
    f.client->close(wsx::close_code::going_away, "two", second.token());
    poll(f.io);
    CHECK(frames_of(peer) == lines{"close 1000 \"one\""});
    CHECK(!first.done());
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(first.ok());
    CHECK(second.ok());
    CHECK(f.ended.reason.text == "one");
  }

  TEST_CASE("close with what may not be sent") {
    client_fixture<plain> f({nullptr});
    memory_peer peer = f.open();
    outcome code, length, text;
    f.client->close(wsx::close_code{1005}, "", code.token());
    f.client->close(wsx::close_code::normal, std::string(124, 'a'), length.token());
    f.client->close(wsx::close_code::normal, "\xff", text.token());
    poll(f.io);
    CHECK(code.failed(wsx::errc::invalid_close_code));
    CHECK(length.failed(wsx::errc::control_payload_too_long));
    CHECK(text.failed(wsx::errc::invalid_text));
    CHECK(works(f, peer));
  }

  TEST_CASE("while closing") {
    client_fixture<plain> f({nullptr});
    f.open();
    outcome closed, sent;
    f.client->close(wsx::close_code::normal, "", closed.token());
    poll(f.io);
    std::error_code error;
    CHECK(!f.client->try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::closing);
    f.client->send(wsx::text{"a"}, sent.token());
    poll(f.io);
    CHECK(sent.failed(wsx::errc::closing));
  }

  TEST_CASE("a server that does not end its connection is cut off") {
    client_fixture<plain> f({nullptr}, impatient());
    memory_peer peer = f.open();
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    CHECK(f.run_until([&] { return closed.done() && f.ended.done(); }));
    CHECK(closed.failed(wsx::errc::close_timeout));
    CHECK(peer.client_closed());
    CHECK(!f.ended.reason.clean);
  }

  TEST_CASE("a server that never stops to send is cut off") {
    client_fixture<plain> f({nullptr}, impatient());
    memory_peer peer = f.open();
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    // More than one read can take, again and again.
    const std::string flood = encode_server_frame(binary_frame(std::string(1 << 20, 'x')));
    CHECK(f.run_until([&] {
      peer.write(flood);
      f.clock->advance(std::chrono::microseconds(100));
      return closed.done() || peer.bytes_read() > 1 << 30;
    }));
    CHECK(closed.failed(wsx::errc::close_timeout));
  }

  TEST_CASE("after the end") {
    int terminated = 0;
    client_fixture<plain> f({&terminated});
    memory_peer peer = f.open();
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    REQUIRE(f.ended.ok());
    std::error_code error;
    CHECK(!f.client->try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::not_connected);
    outcome connected, sent, flushed, closed, joined;
    f.client->connect(f.server.url(), connected.token());
    f.client->send(wsx::text{"a"}, sent.token());
    f.client->flush(flushed.token());
    f.client->close(wsx::close_code::normal, "", closed.token());
    f.client->join(joined.join_token());
    f.client->abort();
    poll(f.io);
    CHECK(connected.failed(wsx::errc::already_started));
    CHECK(sent.failed(wsx::errc::not_connected));
    CHECK(flushed.failed(wsx::errc::not_connected));
    CHECK(closed.ok());
    CHECK(joined.ok());
    CHECK(joined.reason.origin == wsx::close_origin::remote);
    CHECK(terminated == 1);
  }

  TEST_CASE("connect again after a failed one") {
    client_fixture<plain> f({nullptr});
    outcome refused, malformed, status;
    f.server.refuse(asio::error::connection_refused);
    f.client->connect(f.server.url(), refused.token());
    poll(f.io);
    CHECK(refused.failed(asio::error::connection_refused));
    f.server.refuse({});

    f.client->connect("ws://:0", malformed.token());
    poll(f.io);
    CHECK(malformed.failed(wsx::errc::invalid_url));

    f.client->connect(f.server.url(), status.token());
    poll(f.io);
    memory_peer peer = f.server.next().value();
    peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater");
    poll(f.io);
    CHECK(status.failed(wsx::errc::refused_for_now));
    CHECK(peer.client_closed());

    f.open();
    CHECK(f.connected.ok());
  }

  TEST_CASE("abort: no Close frame, terminate once") {
    int terminated = 0;
    client_fixture<plain> f({&terminated});
    memory_peer peer = f.open();
    f.client->abort();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK(peer.client_closed());
    CHECK(peer.take_written().empty());
    CHECK(terminated == 1);
  }

  TEST_CASE("close and abort while connecting give the attempt up") {
    for (const bool abort : {true, false}) {
      CAPTURE(abort);
      client_fixture<plain> f({nullptr});
      memory_peer peer = f.dial();
      outcome closed;
      if (abort) f.client->abort();
      if (!abort) f.client->close(wsx::close_code::normal, "", closed.token());
      poll(f.io);
      CHECK(f.connected.failed(wsx::errc::aborted));
      CHECK(f.ended.error == (abort ? make_error_code(wsx::errc::aborted) : std::error_code()));
      CHECK(peer.client_closed());
      CHECK(f.ended.reason.origin == wsx::close_origin::local);
      if (!abort) CHECK(closed.ok());
    }
  }
}
