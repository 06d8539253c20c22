#include "../support.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <optional>
#include <random>
#include <string>
#include <vector>

// permessage-deflate from end to end: what is offered and agreed on, and messages both ways.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct echoes {
  wsx::action handle_frame(wsx::text t) {
    received.emplace_back(t.payload);
    return wsx::reply(t);
  }
  wsx::action handle_frame(wsx::binary b) { return wsx::reply(b); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }

  std::vector<std::string> received{};
};

wsx::options compressing(wsx::deflate_options deflate = {}) {
  auto o = calm();
  o.deflate = deflate;
  return o;
}

accept_options granting(const std::string& extensions) {
  return {.headers = {{"Sec-WebSocket-Extensions", extensions}}};
}

// Answers with the extension.
memory_peer open(client_fixture<echoes>& f, const std::string& extensions = "permessage-deflate") {
  memory_peer peer = f.dial();
  peer.accept(granting(extensions));
  poll(f.io);
  return peer;
}

server_frame compressed(server_frame frame) {
  frame.rsv = rsv1;
  return frame;
}

// Nothing in it comes twice: what is sent twice can only refer to the first time.
std::string unlike_itself(std::size_t size) {
  std::mt19937 random(5);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('!' + random() % 90);
  return text;
}

const std::string large = std::string(50, 'a') + "bcd" + std::string(50, 'a');

}  // namespace

TEST_SUITE("behavior/connection/deflate") {
  TEST_CASE("is not offered unless asked for") {
    client_fixture<echoes> f;
    memory_peer peer = f.dial();
    CHECK(peer.accept().find("Sec-WebSocket-Extensions") == nullptr);
    poll(f.io);
    CHECK(f.connected.ok());
  }

  TEST_CASE("is offered by one option, and used when granted") {
    client_fixture<echoes> f({}, compressing());
    memory_peer peer = f.dial();
    const auto request = peer.accept(granting("permessage-deflate"));
    REQUIRE(request.find("Sec-WebSocket-Extensions") != nullptr);
    CHECK(*request.find("Sec-WebSocket-Extensions") ==
          "permessage-deflate; client_max_window_bits");
    poll(f.io);
    CHECK(f.connected.ok());

    server_deflater out;
    server_inflater in;
    for (int i = 0; i < 3; ++i) {
      peer.write(compressed(text_frame(out.message(large))));
      poll(f.io);
      const auto reply = peer.take_frame();
      REQUIRE(reply);
      CHECK(reply->rsv == rsv1);
      CHECK(reply->payload.size() < large.size());
      CHECK(in.message(reply->payload) == large);
      CHECK(f.client->try_send(wsx::binary{large}));
      poll(f.io);
      const auto sent = peer.take_frame();
      REQUIRE(sent);
      CHECK(sent->rsv == rsv1);
      CHECK(in.message(sent->payload) == large);
    }
    CHECK(f.handler().received == std::vector<std::string>(3, large));
  }

  TEST_CASE("is not used when the server does not grant it") {
    client_fixture<echoes> f({}, compressing());
    memory_peer peer = f.open();
    CHECK(f.connected.ok());
    CHECK(f.client->try_send(wsx::text{large}));
    poll(f.io);
    const auto sent = peer.take_frame();
    REQUIRE(sent);
    CHECK(sent->rsv == 0);
    CHECK(sent->payload == large);
    peer.write(compressed(text_frame("x")));
    poll(f.io);
    CHECK(peer.take_frame()->payload.substr(0, 2) == "\x03\xea");  // 1002
  }

  TEST_CASE("leaves small messages and those marked so as they are") {
    client_fixture<echoes> f({}, compressing({.threshold = 10}));
    memory_peer peer = open(f);
    CHECK(f.client->try_send(wsx::text{"123456789"}));
    CHECK(f.client->try_send(wsx::uncompressed(wsx::text{large})));
    CHECK(f.client->try_send(
        wsx::uncompressed(wsx::fragment{wsx::opcode::text, true, false, wsx::as_bytes(large)})));
    CHECK(f.client->try_send(wsx::fragment{wsx::opcode::text, false, true, wsx::as_bytes(large)}));
    poll(f.io);
    for (const std::string& payload : {std::string("123456789"), large, large, large}) {
      const auto frame = peer.take_frame();
      REQUIRE(frame);
      CHECK(frame->rsv == 0);
      CHECK(frame->payload == payload);
    }
  }

  TEST_CASE("the handler can see that it is used") {
    struct looks {
      void init(const wsx::connection_info& c) { seen = c; }
      void handle_frame(wsx::text) {}
      wsx::connection_info seen{};
    };
    using agreed = std::optional<wsx::deflate_parameters>;
    const auto seen = [](const accept_options& answer) {
      client_fixture<looks> f({}, compressing({.client_max_window_bits = 13}));
      memory_peer peer = f.dial();
      peer.accept(answer);
      poll(f.io);
      CHECK(f.handler().seen.compressed == f.handler().seen.deflate.has_value());
      return f.handler().seen.deflate;
    };
    CHECK(seen({}) == std::nullopt);
    CHECK(seen(granting("permessage-deflate")) ==
          agreed({.server_max_window_bits = 15, .client_max_window_bits = 13}));
    CHECK(seen(granting("permessage-deflate; server_no_context_takeover; "
                        "client_no_context_takeover; server_max_window_bits=9; "
                        "client_max_window_bits=10")) == agreed({.server_no_context_takeover = true,
                                                                 .client_no_context_takeover = true,
                                                                 .server_max_window_bits = 9,
                                                                 .client_max_window_bits = 10}));
  }

  TEST_CASE("a server that leaves out what was asked of it may refer as far back as it likes") {
    client_fixture<echoes> f(
        {}, compressing({.server_max_window_bits = 8, .server_no_context_takeover = true}));
    memory_peer peer = open(f);
    CHECK(f.connected.ok());
    server_deflater out;
    const std::string far = unlike_itself(15'000);
    for (const std::string& payload : {far + far, far + large}) {
      peer.write(compressed(text_frame(out.message(payload))));
      poll(f.io);
    }
    CHECK(f.handler().received == std::vector<std::string>{far + far, far + large});
  }

  TEST_CASE("the least window of each side") {
    client_fixture<echoes> f(
        {}, compressing({.server_max_window_bits = 8, .client_max_window_bits = 8}));
    memory_peer peer =
        open(f, "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8");
    CHECK(f.connected.ok());
    server_deflater out(9);  // zlib's for 8
    server_inflater in(8);
    const std::string payload = unlike_itself(300) + unlike_itself(300) + unlike_itself(200);
    for (int i = 0; i < 3; ++i) {
      peer.write(compressed(text_frame(out.message(payload))));
      poll(f.io);
      const auto reply = peer.take_frame();
      REQUIRE(reply);
      CHECK(reply->rsv == rsv1);
      CHECK(in.message(reply->payload) == payload);
    }
  }

  TEST_CASE("a wrong answer fails the connection, and says what was wrong") {
    const auto detail = [](const std::string& answer) {
      client_fixture<echoes> f(
          {}, compressing({.server_max_window_bits = 10, .require_server_limits = true}));
      wsx::diagnostics details;
      f.client->connect(f.server.url(), details, f.connected.token());
      poll(f.io);
      f.server.next()->accept(granting(answer));
      poll(f.io);
      CHECK(f.connected.failed(wsx::errc::bad_extensions_header));
      return details.detail;
    };
    CHECK(detail("permessage-deflate; x") ==
          "the server set x, which is no parameter of permessage-deflate");
    CHECK(detail("permessage-deflate") ==
          "server_max_window_bits=10 was asked for, and the server left it out");
    CHECK(detail("permessage-deflate; server_max_window_bits=12") ==
          "server_max_window_bits=10 was asked for, the server answered 12");
  }

  TEST_CASE("an option out of its range is named") {
    client_fixture<echoes> f({}, compressing({.level = 10}));
    wsx::diagnostics details;
    f.client->connect(f.server.url(), details, f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::invalid_option));
    CHECK(details.detail == "deflate.level is 10, it must be 0 to 9");
  }

  TEST_CASE("each connection has windows of its own, and what was cut goes out again") {
    client_fixture<echoes> f({}, compressing());
    memory_peer first = open(f);
    server_deflater out;
    first.write(compressed(text_frame(out.message(large))));
    poll(f.io);
    server_inflater in;
    CHECK(in.message(first.take_frame()->payload) == large);
    first.allow_write(5);
    CHECK(f.client->try_send(wsx::text{large}));
    poll(f.io);
    first.close();
    poll(f.io);
    auto second = f.server.next();
    REQUIRE(second);
    second->accept(granting("permessage-deflate"));
    poll(f.io);
    const auto again = second->take_frame();
    REQUIRE(again);
    CHECK(server_inflater().message(again->payload) == large);
    second->write(compressed(text_frame(server_deflater().message(large))));
    poll(f.io);
    CHECK(f.handler().received == std::vector<std::string>(2, large));
  }

  TEST_CASE("what cannot be inflated is answered with 1007") {
    client_fixture<echoes> f({}, compressing());
    memory_peer peer = open(f);
    peer.write(compressed(text_frame("\xff")));
    poll(f.io);
    const auto frames = frames_of(peer);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].starts_with("close 1007"));
  }

  TEST_CASE("what inflates beyond the limit is answered with 1009") {
    auto options = compressing();
    options.max_message_size = 1000;
    client_fixture<echoes> f({}, options);
    memory_peer peer = open(f);
    peer.write(compressed(binary_frame(server_deflater().message(std::string(1 << 20, 'x')))));
    poll(f.io);
    const auto frames = frames_of(peer);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].starts_with("close 1009"));
  }
}
