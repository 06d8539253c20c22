#include "support.hpp"

#include <set>

// What the client sends, and what it refuses to.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Accepts, looks at what comes as `look` says, and ends in order.
scripted_server looking_server(script look) {
  return scripted_server{[look = std::move(look)](server_connection& client) {
    client.accept();
    look(client);
    client.send_close(1000);
    client.expect_close(1000);
  }};
}

void expect_fragment(server_connection& client, std::uint8_t opcode, bool fin,
                     std::string_view payload) {
  const auto frame = client.read_frame();
  if (!frame || frame->opcode != opcode || frame->fin != fin || frame->payload != payload)
    throw script_error("saw " + (frame ? describe(*frame) : std::string("nothing")));
}

wsx::fragment piece(bool first, bool last, std::string_view payload) {
  return {wsx::opcode::text, first, last, wsx::as_bytes(payload)};
}

}  // namespace

TEST_SUITE("loopback/sending") {
  TEST_CASE("send_frame: text") {
    auto server = looking_server([](server_connection& client) { client.expect_text("hello"); });
    test_client client;
    client.open(server);
    CHECK(client.send(wsx::text{"hello"}) == std::error_code());
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("send_frame: binary") {
    const std::string bytes("\0\xff\x80", 3);
    auto server = looking_server([&](server_connection& client) { client.expect_binary(bytes); });
    test_client client;
    client.open(server);
    CHECK(client.send(wsx::binary(bytes)) == std::error_code());
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("send_frame: fragments (RFC 6455 5.4)") {
    gate tried;
    auto server = looking_server([&](server_connection& client) {
      expect_fragment(client, opcodes::text, false, "Hel");
      client.expect_ping("between");
      expect_fragment(client, opcodes::continuation, false, "lo ");
      expect_fragment(client, opcodes::continuation, true, "world");
      tried.wait();  // before that nobody closes
    });
    test_client client;
    client.open(server);
    CHECK(client.send(piece(true, false, "Hel")) == std::error_code());
    CHECK(client.send(wsx::text{"no"}) == wsx::errc::fragment_out_of_order);
    CHECK(client.send(wsx::ping{"between"}) == std::error_code());
    CHECK(client.send(piece(false, false, "lo ")) == std::error_code());
    CHECK(client.send(piece(false, true, "world")) == std::error_code());
    CHECK(client.send(piece(false, true, "stray")) == wsx::errc::fragment_out_of_order);
    tried.open();
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("frames that RFC 6455 forbids are refused, and nothing of them is sent") {
    auto server = looking_server([](server_connection& client) { client.expect_text("good"); });
    test_client client;
    client.open(server);
    const std::string long_payload(126, 'x');
    CHECK(client.send(wsx::ping{long_payload}) == wsx::errc::control_payload_too_long);
    CHECK(client.send(wsx::pong{long_payload}) == wsx::errc::control_payload_too_long);
    CHECK(client.send(wsx::text{"\xff"}) == wsx::errc::invalid_text);
    CHECK(client.close(wsx::close_code{1005}) == wsx::errc::invalid_close_code);
    CHECK(client.close(wsx::close_code{1000}, long_payload) == wsx::errc::control_payload_too_long);
    CHECK(client.send(wsx::text{"good"}) == std::error_code());
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("a message larger than the queue goes out as one frame") {
    const std::string large(300'000, 'L');
    auto server = looking_server([&](server_connection& client) {
      client.expect_text("before");
      client.expect_binary(large);
      client.expect_text("after");
    });
    auto options = calm();
    options.send_queue_size = 4096;
    test_client<> client{{}, options};
    client.open(server);
    CHECK(client.send(wsx::text{"before"}) == std::error_code());
    std::error_code error;
    CHECK_FALSE(client->try_send(wsx::binary(large), error));
    CHECK(error == wsx::errc::message_over_queue);
    CHECK(client.send(wsx::binary(large)) == std::error_code());
    CHECK(client.send(wsx::text{"after"}) == std::error_code());
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("send while opening is an error") {
    gate tried;
    scripted_server server{[&](server_connection& client) {
      client.read_request();
      tried.wait();
      client.accept();
      client.expect_text("now");
      client.send_close(1000);
      client.expect_close(1000);
    }};
    test_client client;
    std::error_code error;
    CHECK_FALSE(client->try_send(wsx::text{"before"}, error));
    CHECK(error == wsx::errc::not_connected);

    std::optional<std::error_code> connected;
    client->connect(server.url(), [&](std::error_code e) { connected = e; });
    client.wait_until([&] { return server.connections() == 1; });
    CHECK_FALSE(client->try_send(wsx::text{"too early"}, error));
    CHECK(error == wsx::errc::not_connected);
    CHECK(client.send(wsx::text{"too early"}) == wsx::errc::not_connected);
    CHECK_FALSE(connected);

    tried.open();
    client.wait_until([&] { return connected.has_value(); });
    CHECK(*connected == std::error_code());
    CHECK(client.send(wsx::text{"now"}) == std::error_code());
    CHECK(client.join().error == std::error_code());
    CHECK(client.send(wsx::text{"too late"}) == wsx::errc::not_connected);
    server.wait();
  }

  TEST_CASE("send while closing is an error") {
    gate tried;
    scripted_server server{[&](server_connection& client) {
      client.accept();
      client.expect_text("before");
      client.expect_close(1000, "bye");
      client.send_text("discarded");
      tried.wait();
      client.send_close(1000);
      client.close();
    }};
    test_client client;
    client.open(server);
    CHECK(client.send(wsx::text{"before"}) == std::error_code());
    bool closed = false;
    client->close(wsx::close_code::normal, "bye", [&](std::error_code) { closed = true; });
    client.wait_until([&] { return !client->is_open(); });
    std::error_code error;
    CHECK_FALSE(client->try_send(wsx::text{"after"}, error));
    CHECK(error == wsx::errc::closing);
    CHECK(client.send(wsx::text{"after"}) == wsx::errc::closing);
    CHECK_FALSE(closed);
    tried.open();
    CHECK(client.join().error == std::error_code());
    client.wait_until([&] { return closed; });
    CHECK(client.handler().seen == lines{"init", "connect", "disconnect", "terminate"});
    server.wait();
  }

  TEST_CASE("a session refuses to send while closing") {
    auto server = looking_server([](server_connection& client) { client.expect_text("first"); });
    test_client client;
    client.open(server);
    std::vector<std::error_code> sent;
    client->cast(task{[&](wsx::session& s) {
      sent.push_back(s.send(wsx::text{"first"}));
      sent.push_back(s.close());
      sent.push_back(s.send(wsx::text{"second"}));
      sent.push_back(s.close());
      return wsx::ok();
    }});
    client.join();
    CHECK(sent == std::vector<std::error_code>{{}, {}, wsx::errc::closing, wsx::errc::closing});
  }

  TEST_CASE("a session sends several frames at once, ahead of the reply") {
    auto server = looking_server([](server_connection& client) {
      client.expect_text("one");
      client.expect_binary("two");
      client.expect_text("three");
    });
    test_client client;
    client.open(server);
    client->cast(task{[](wsx::session& s) {
      const std::error_code first = s.send(wsx::text{"one"});
      const std::error_code second = s.send(wsx::binary{"two"});
      if (first || second) throw std::runtime_error("not sent");
      return wsx::reply(wsx::text{"three"});
    }});
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("replies from handle_connect arrive") {
    auto server =
        looking_server([](server_connection& client) { client.expect_text("subscribe /"); });
    recorder handler;
    handler.on_connect = [](const wsx::connection_info& info) {
      const auto path = info.url.substr(info.url.rfind('/'));
      return wsx::reply(wsx::text{"subscribe " + path});
    };
    test_client client{handler};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("every frame has a mask key of its own (RFC 6455 5.3)") {
    constexpr std::size_t each = 100;
    std::vector<mask_key> keys;
    auto server = looking_server([&](server_connection& client) {
      // The server refuses any frame that is not masked.
      while (keys.size() < 3 * each) keys.push_back(client.read_frame().value().mask);
    });
    test_client client;
    client.open(server);
    for (std::size_t i = 0; i < each; ++i) {
      client.send(wsx::text{"queued"});
      client.send(wsx::ping{});
      client->cast(task{[](wsx::session&) { return wsx::reply(wsx::text{"replied"}); }});
    }
    CHECK(client.join().error == std::error_code());
    server.wait();
    // Keys are random, so two may be the same: of 300 out of 2^32, one time in 100,000.
    const std::set<mask_key> different(keys.begin(), keys.end());
    CHECK(different.size() >= keys.size() - 1);
    CHECK_FALSE(different.contains(mask_key{}));
  }

  TEST_CASE("flush completes when everything queued before has been written") {
    auto server = looking_server([](server_connection& client) {
      for (int i = 0; i < 100; ++i) client.expect_text(std::to_string(i));
    });
    test_client client;
    client.open(server);
    for (int i = 0; i < 100; ++i) CHECK(client->try_send(wsx::text{std::to_string(i)}));
    CHECK(client.flush() == std::error_code());
    CHECK(client->stats().frames_sent >= 100);
    CHECK(client.join().error == std::error_code());
    CHECK(client.flush() == wsx::errc::not_connected);
    server.wait();
  }
}
