#include "support.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <array>
#include <cstddef>

// The events frame_sent and frame_received: which frames they are about, and when they come.

namespace {

using namespace telemetry_test;

std::string payload_of(const wsx::event::frame_sent& e) {
  std::vector<std::byte> place(static_cast<std::size_t>(e.size));
  return as_text(std::span(place).first(e.copy_payload(place)));
}

std::string described(wsx::opcode op, bool fin, const std::string& payload) {
  return to_string(op) + (fin ? " \"" : "... \"") + payload + '"';
}

// Writes down the frames with their payloads, shortened.
struct frame_log {
  lines sent{};
  lines received{};

  static std::string shortened(const std::string& payload) {
    if (payload.size() < 20) return payload;
    return std::to_string(payload.size()) + " of " + payload.substr(0, 3);
  }
  void handle_event(const wsx::event::frame_sent& e) {
    sent.push_back(described(e.op, e.fin, shortened(payload_of(e))));
    if (e.compressed) sent.back() += " compressed";
  }
  void handle_event(const wsx::event::frame_received& e) {
    CHECK(e.size == e.payload.size());
    received.push_back(described(e.op, e.fin, shortened(as_text(e.payload))));
  }
};

struct echo : frame_log {
  wsx::action handle_frame(wsx::message m) { return wsx::reply(m); }
};

struct echo_pieces : frame_log {
  wsx::action handle_fragment(const wsx::fragment& piece) { return wsx::reply(piece); }
};

// Waits in each callback.
struct echo_later : frame_log {
  asio::steady_timer* gate = nullptr;

  asio::awaitable<wsx::action> handle_frame(wsx::text m) {
    if (gate != nullptr) co_await gate->async_wait(asio::use_awaitable);
    co_return wsx::reply(m);
  }
};

std::string text_of(std::size_t size, char letter = 'x') {
  return std::string(size, letter);
}

}  // namespace

TEST_SUITE("telemetry/frames") {
  TEST_CASE("frames of all kinds, from callbacks and from senders") {
    client_fixture<echo> f;
    memory_peer peer = f.open();
    peer.write(text_frame("a"));
    peer.write(binary_frame("b"));
    peer.write({.opcode = opcodes::text, .payload = "in ", .fin = false});
    peer.write(ping_frame("p"));
    peer.write(continuation_frame("two", true));
    poll(f.io);
    CHECK(f.handler().received ==
          lines{"text \"a\"", "binary \"b\"", "ping \"p\"", "text \"in two\""});
    CHECK(taken(f.handler().sent) ==
          lines{"pong \"p\"", "text \"a\"", "binary \"b\"", "text \"in two\""});

    f.client->try_send(wsx::text{"one"});
    f.client->try_send(wsx::ping("two"));
    f.client->try_send(begins("th"));
    f.client->try_send(ends("ree"));
    f.client->try_send(wsx::binary(text_of(1000)));
    poll(f.io);
    CHECK(taken(f.handler().sent) == lines{"text \"one\"", "ping \"two\"", "text... \"th\"",
                                           "continuation \"ree\"", "binary \"1000 of xxx\""});
  }

  TEST_CASE("pieces of a message are told as they are delivered") {
    client_fixture<echo_pieces> f;
    memory_peer peer = f.open();
    peer.write({.opcode = opcodes::text, .payload = "in ", .fin = false});
    peer.write(continuation_frame("two", true));
    poll(f.io);
    CHECK(f.handler().received == lines{"text... \"in \"", "continuation \"two\""});
    CHECK(f.handler().sent == lines{"text... \"in \"", "continuation \"two\""});
  }

  TEST_CASE("a frame is told when its last byte has been taken, and once") {
    client_fixture<echo> f;
    memory_peer peer = f.open();
    peer.allow_write(0);
    for (const char letter : {'a', 'b', 'c'}) f.client->try_send(wsx::text{text_of(10, letter)});
    poll(f.io);
    CHECK(f.handler().sent.empty());
    peer.allow_write(15);
    poll(f.io);
    CHECK(f.handler().sent.empty());
    peer.allow_write(1);
    poll(f.io);
    CHECK(taken(f.handler().sent) == lines{"text \"aaaaaaaaaa\""});
    peer.allow_write(31);
    poll(f.io);
    CHECK(taken(f.handler().sent) == lines{"text \"bbbbbbbbbb\""});
    peer.allow_write(1);
    poll(f.io);
    CHECK(taken(f.handler().sent) == lines{"text \"cccccccccc\""});
  }

  TEST_CASE("frames that a broken connection cut are told when they are sent again") {
    struct returning : echo {
      wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
        return wsx::reconnect();
      }
    };
    client_fixture<returning> f;
    memory_peer peer = f.open();
    peer.allow_write(20);
    f.client->try_send(wsx::text{text_of(10, 'a')});
    f.client->try_send(wsx::text{text_of(10, 'b')});
    poll(f.io);
    CHECK(taken(f.handler().sent) == lines{"text \"aaaaaaaaaa\""});
    peer.close();
    poll(f.io);
    f.next_open();
    CHECK(taken(f.handler().sent) == lines{"text \"bbbbbbbbbb\""});
  }

  TEST_CASE("a frame larger than a batch is told with its first part") {
    client_fixture<echo> f;
    memory_peer peer = f.open();
    outcome sent;
    std::string big = text_of(1'000'000);
    big[0] = 'y';
    f.client->send(wsx::text{big}, sent.token());
    f.client->make_sender().try_send(wsx::text{"after"});
    poll(f.io);
    REQUIRE(sent.ok());
    REQUIRE(f.handler().sent.size() == 2);
    CHECK(f.handler().sent.front().ends_with(" of yxx\""));
    CHECK(f.handler().sent.back() == "text \"after\"");
  }

  TEST_CASE("compressed frames are told as they are on the wire, inflated ones as delivered") {
    auto o = calm();
    o.deflate.emplace();
    o.deflate->threshold = 0;
    client_fixture<echo> f({}, o);
    memory_peer peer = f.dial();
    peer.accept({.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}});
    poll(f.io);
    server_deflater deflater;
    auto frame = text_frame(deflater.message(text_of(1000)));
    frame.rsv = rsv1;
    peer.write(frame);
    poll(f.io);
    CHECK(f.handler().received == lines{"text \"1000 of xxx\""});
    REQUIRE(f.handler().sent.size() == 1);
    CHECK(f.handler().sent.front().ends_with(" compressed"));
  }

  TEST_CASE("frames that are sent while a callback waits are told then") {
    client_fixture<echo_later> f;
    memory_peer peer = f.open();
    asio::steady_timer gate(f.io, asio::steady_timer::time_point::max());
    f.handler().gate = &gate;
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    poll(f.io);
    f.client->try_send(wsx::text{"meanwhile"});
    poll(f.io);
    CHECK(f.handler().received == lines{"text \"a\""});
    CHECK(f.handler().sent == lines{"text \"meanwhile\""});
    f.handler().gate = nullptr;
    gate.cancel();
    poll(f.io);
  }
}
