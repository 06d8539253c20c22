#include "support.hpp"

#include <stdexcept>

// The trace that is switched on at run time: its lines, and when it can be switched.

namespace {

using namespace telemetry_test;

struct replies {
  wsx::action handle_frame(wsx::text m) { return wsx::reply(m); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    return d.reason.normal() ? wsx::stop() : wsx::reconnect_after(1s);
  }
};

// A client with a sink.
struct trace_fixture : client_fixture<replies> {
  using client_fixture::client_fixture;

  wsx::trace_sink sink() {
    return [this](std::string_view line) { log.emplace_back(line); };
  }
  void trace_payloads(std::size_t most = 80) {
    wsx::trace_options how;
    how.payloads = true;
    how.max_payload = most;
    client->trace(sink(), how);
  }

  lines log;
};

bool mentions(const lines& log, std::string_view what) {
  return std::ranges::any_of(
      log, [what](const auto& line) { return line.find(what) != std::string::npos; });
}

}  // namespace

TEST_SUITE("telemetry/trace") {
  TEST_CASE("every line of a life") {
    trace_fixture f({}, pinging());
    f.client->trace(f.sink());
    wsx::request target(f.server.url());
    target.subprotocols = {"v1"};
    f.client->connect(target, f.connected.token());
    poll(f.io);
    memory_peer peer = f.next();
    peer.accept({.subprotocol = "v1"});
    poll(f.io);
    peer.write(text_frame("a message of 17 b"));
    peer.write(ping_frame("?"));
    poll(f.io);
    peer.discard_written();
    f.let_pass(10s);
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    f.let_pass(3ms);
    peer.write(pong_frame(ping->payload));
    poll(f.io);
    f.client->try_send(begins("be"));
    f.client->try_send(ends("gun"));
    poll(f.io);
    peer.write(close_frame(1001, "going"));
    peer.close();
    poll(f.io);
    f.let_pass(1s);
    f.next_open();
    f.client->abort();
    poll(f.io);
    CHECK(f.log == lines{
                       "attempt 1: connecting to ws://server/",
                       "connected to memory:server, attempt 1, subprotocol \"v1\"",
                       "received text, 17 bytes",
                       "received ping, 1 byte",
                       "sent pong, 1 byte",
                       "sent text, 17 bytes",
                       "sent ping, 4 bytes",
                       "keepalive answered after 3000 us",
                       "received pong, 4 bytes",
                       "sent text, 2 bytes, more follows",
                       "sent continuation, 3 bytes",
                       "received close, 7 bytes, 1001 (going away): \"going\"",
                       "closing, remote, 1001 (going away): \"going\"",
                       "sent close, 2 bytes, 1001 (going away)",
                       "disconnected after 10003 ms: the connection to server:80 was closed by the "
                       "server: 1001 (going away): \"going\"",
                       "reconnecting in 1000 ms, attempt 1",
                       "attempt 1: connecting to ws://server/",
                       "connected to memory:server, attempt 1",
                       "disconnected after 0 ms: the connection to server:80 was aborted by this "
                       "side",
                       "terminated: the connection to server:80 was aborted by this side",
                   });
  }

  TEST_CASE("it is switched in the middle of traffic, and again") {
    trace_fixture f;
    memory_peer peer = f.open();
    const auto exchange = [&](const std::string& text) {
      peer.write(text_frame(text));
      poll(f.io);
      return taken(f.log);
    };
    const lines shown{"received text, 3 bytes", "sent text, 3 bytes"};
    CHECK(exchange("one").empty());
    f.client->trace(f.sink());
    CHECK(exchange("two") == shown);
    f.client->untrace();
    CHECK(exchange("abc").empty());
    f.client->trace(f.sink());
    CHECK(exchange("abc") == shown);
    f.client->trace(nullptr);
    CHECK(exchange("abc").empty());
  }

  TEST_CASE("between the pieces of a message, and within a callback") {
    struct in_callback {
      trace_fixture* f = nullptr;
      memory_client<in_callback>* client = nullptr;
      void handle_frame(wsx::text) { client->trace(f->sink()); }
    };
    trace_fixture f;
    memory_peer peer = f.open();
    peer.write({.opcode = opcodes::text, .payload = "in ", .fin = false});
    poll(f.io);
    f.client->trace(f.sink());
    peer.write(continuation_frame("two", true));
    poll(f.io);
    CHECK(taken(f.log) == lines{"received text, 6 bytes", "sent text, 6 bytes"});

    memory_listener other("other");
    memory_client<in_callback> client(f.io.get_executor(), in_callback{&f}, calm());
    client.handler().client = &client;
    outcome connected;
    client.connect(other.url(), connected.token());
    poll(f.io);
    auto second = other.next();
    REQUIRE(second);
    second->accept();
    poll(f.io);
    second->write(text_frame("a"));
    poll(f.io);
    CHECK(taken(f.log).empty());
    second->write(text_frame("b"));
    poll(f.io);
    CHECK(taken(f.log) == lines{"received text, 1 byte"});
  }

  TEST_CASE("in each phase") {
    SUBCASE("while it connects") {
      trace_fixture f;
      memory_peer peer = f.dial();
      f.client->trace(f.sink());
      peer.accept();
      poll(f.io);
      CHECK(f.log == lines{"connected to memory:server, attempt 1"});
    }
    SUBCASE("while it pauses") {
      trace_fixture f;
      f.open().close();
      poll(f.io);
      f.client->trace(f.sink());
      f.let_pass(1s);
      CHECK(f.log == lines{"attempt 1: connecting to ws://server/"});
    }
    SUBCASE("while it closes") {
      trace_fixture f;
      memory_peer peer = f.open();
      outcome closed;
      f.client->close(closed.token());
      poll(f.io);
      f.client->trace(f.sink());
      peer.write(close_frame(1000));
      peer.close();
      poll(f.io);
      CHECK(f.log == lines{
                         "received close, 2 bytes, 1000 (normal)",
                         "disconnected after 0 ms: closed by this side, without a code",
                         "terminated: closed by this side, without a code",
                     });
    }
    SUBCASE("after the end") {
      trace_fixture f;
      f.open();
      f.client->abort();
      poll(f.io);
      f.client->trace(f.sink());
      f.client->keep_trace(5);
      poll(f.io);
      CHECK(f.log.empty());
      CHECK(f.client->kept_trace().empty());
    }
  }

  TEST_CASE("payloads are shown only on request, escaped and bounded") {
    trace_fixture f;
    memory_peer peer = f.open();
    f.client->trace(f.sink());
    peer.write(text_frame("secret"));
    poll(f.io);
    CHECK(!mentions(taken(f.log), "secret"));
    f.trace_payloads();
    peer.write(text_frame("a \"quoted\" line\r\n\x1b[31m\xe2\x80\xae red"));
    poll(f.io);
    CHECK(taken(f.log) ==
          lines{
              "received text, 29 bytes: \"a \\\"quoted\\\" line\\r\\n\\x1b[31m\\u202e red\"",
              "sent text, 29 bytes: \"a \\\"quoted\\\" line\\r\\n\\x1b[31m\\u202e red\"",
          });
    f.client->try_send(wsx::binary(std::string_view("\x00\xff", 2)));
    f.client->try_send(wsx::ping("p"));
    poll(f.io);
    CHECK(taken(f.log) ==
          lines{"sent binary, 2 bytes: \"\\x00\\xff\"", "sent ping, 1 byte: \"p\""});
    f.trace_payloads(10);
    peer.write(text_frame(std::string(1000, 'x')));
    poll(f.io);
    CHECK(taken(f.log) == lines{"received text, 1000 bytes: \"xxxxxxx...\"",
                                "sent text, 1000 bytes: \"xxxxxxx...\""});
  }

  TEST_CASE("control characters of the server are escaped") {
    trace_fixture f;
    f.trace_payloads();
    memory_peer peer = f.open();
    peer.write(ping_frame("\x1b[2J\n"));
    peer.write(close_frame(1001, "\x1b]0;title\x07\n"));
    poll(f.io);
    for (const auto& line : f.log) {
      CHECK(std::ranges::none_of(
          line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }));
    }
    CHECK(mentions(f.log, "received ping, 5 bytes: \"\\x1b[2J\\n\""));
    CHECK(mentions(f.log, "1001 (going away): \"\\x1b]0;title\\x07\\n\""));
  }

  TEST_CASE("secrets of the request never appear") {
    trace_fixture f;
    f.trace_payloads();
    wsx::request target(f.server.url("/feed?token=hidden1&hidden2"));
    target.headers = {{"Authorization", "Bearer hidden5"}, {"Cookie", "id=hidden6"}};
    f.client->connect(target, f.connected.token());
    poll(f.io);
    f.next().close();
    poll(f.io);
    // With user information.
    outcome second;
    f.client->connect("ws://hidden3:hidden4@server/?hidden1", second.token());
    poll(f.io);
    f.next().close();
    poll(f.io);
    CHECK(second.done());
    CHECK(f.log.size() == 4);
    CHECK(mentions(f.log, "connecting to ws://server/feed?token=***&***"));
    CHECK(!mentions(f.log, "hidden"));
  }

  TEST_CASE("a sink that throws is switched off, and the client goes on") {
    trace_fixture f;
    memory_peer peer = f.open();
    int calls = 0;
    f.client->trace([&](std::string_view) {
      ++calls;
      throw std::runtime_error("full");
    });
    peer.write(text_frame("a"));
    poll(f.io);
    CHECK(calls == 1);
    CHECK(works(f, peer));
  }

  TEST_CASE("a sink that switches itself off, or destroys its client") {
    trace_fixture f;
    memory_peer peer = f.open();
    int calls = 0;
    f.client->trace([&](std::string_view) {
      ++calls;
      f.client->untrace();
    });
    peer.write(text_frame("a"));
    poll(f.io);
    CHECK(calls == 1);
    f.client->trace([&](std::string_view) {
      ++calls;
      f.client.reset();
    });
    peer.write(text_frame("b"));
    poll(f.io);
    CHECK(!f.client);
    CHECK(calls == 2);
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK(run_out(f.io));
  }

  TEST_CASE("the last lines are kept, with their times") {
    trace_fixture f;
    CHECK(f.client->kept_trace().empty());
    f.client->keep_trace(3);
    memory_peer peer = f.open();
    f.let_pass(250ms);
    peer.write(text_frame("a"));
    poll(f.io);
    CHECK(f.client->kept_trace() == lines{"+0.000 s connected to memory:server, attempt 1",
                                          "+0.250 s received text, 1 byte",
                                          "+0.250 s sent text, 1 byte"});
    f.client->try_send(wsx::text{"abc"});
    poll(f.io);
    CHECK(f.client->kept_trace() == lines{"+0.250 s received text, 1 byte",
                                          "+0.250 s sent text, 1 byte",
                                          "+0.250 s sent text, 3 bytes"});
    CHECK(f.log.empty());
    f.client->trace(f.sink());
    wsx::trace_options how;
    how.payloads = true;
    f.client->keep_trace(1, how);
    CHECK(f.client->kept_trace().empty());
    f.client->try_send(wsx::text{"abc"});
    poll(f.io);
    CHECK(f.client->kept_trace() == lines{"+0.000 s sent text, 3 bytes: \"abc\""});
    CHECK(f.log == lines{"sent text, 3 bytes"});
    f.client->keep_trace(0);
    f.client->try_send(wsx::text{"abc"});
    poll(f.io);
    CHECK(f.client->kept_trace().empty());
  }

  TEST_CASE("statistics: what has happened since they were switched on") {
    trace_fixture f;
    CHECK(!f.client->statistics());
    memory_peer peer = f.open();
    peer.write(text_frame("before"));
    poll(f.io);
    const auto begin = std::chrono::system_clock::now();
    f.client->collect_statistics();
    peer.write(text_frame("abc"));
    peer.write(ping_frame(""));
    poll(f.io);
    f.client->try_send(begins("a"));
    f.client->try_send(ends("b"));
    poll(f.io);
    auto s = f.client->statistics();
    REQUIRE(s);
    CHECK(s->since >= begin);
    CHECK(s->messages_received == 1);
    CHECK(s->messages_sent == 2);
    CHECK(s->bytes_received == 5 + 2);
    CHECK(s->bytes_sent == 9 + 6 + 7 + 7);
    CHECK(s->reconnects == 0);
    CHECK(s->callbacks == 1);
    peer.close();
    poll(f.io);
    f.let_pass(1s);
    peer = f.next_open();
    s = f.client->statistics();
    REQUIRE(s);
    CHECK(s->reconnects == 1);
    CHECK(s->callbacks == 2);
    f.client->collect_statistics();
    s = f.client->statistics();
    REQUIRE(s);
    CHECK(s->messages_sent == 0);
    CHECK(s->reconnects == 0);
    f.client->collect_statistics(false);
    CHECK(!f.client->statistics());
  }

  TEST_CASE("statistics from the beginning do not count the first connection") {
    trace_fixture f;
    f.client->collect_statistics();
    f.open();
    REQUIRE(f.client->statistics());
    CHECK(f.client->statistics()->reconnects == 0);
  }

  TEST_CASE("lines of events that have no other test") {
    CHECK(to_string(wsx::event::handler_replaced{"1", "2\n"}) ==
          "handler replaced: version \"1\" by \"2\\n\"");
    CHECK(to_string(wsx::event::queue_full{wsx::event::queue_full::of::callback, 1}) ==
          "too many replies unsent: refused 1");
  }

  TEST_CASE("a child of a supervisor is traced through its reference") {
    wsx::child_ref<replies> nobody;
    nobody.trace([](std::string_view) {});
    nobody.keep_trace(1);
    CHECK(nobody.kept_trace().empty());
    CHECK(!nobody.statistics());
  }
}
