#include "support.hpp"

#include <asio/error.hpp>

// Connections one after the other.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Reconnects whenever the server ended the connection, unless in order.
recorder persistent() {
  recorder handler;
  handler.on_disconnect = [](const wsx::disconnect& d) {
    return d.reason.normal() ? wsx::stop() : wsx::reconnect();
  };
  return handler;
}

void say_goodbye(server_connection& client) {
  client.send_close(1000);
  client.expect_close(1000);
}

}  // namespace

TEST_SUITE("loopback/reconnecting") {
  TEST_CASE("reconnects and receives again") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.send_text("connection " + std::to_string(client.index()));
      if (client.index() == 0) client.send_close(4000, "come back");
      if (client.index() == 0) return client.expect_close(4000);
      if (client.index() == 1) return;  // just ends the connection
      client.expect_text("still sending");
      say_goodbye(client);
    }};
    test_client client{persistent()};
    client.open(server);
    client.seen(8);
    CHECK(client.send(wsx::text{"still sending"}) == std::error_code());
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen == lines{"init", "connect", "text connection 0", "disconnect",
                                         "connect", "text connection 1", "disconnect", "connect",
                                         "text connection 2", "disconnect", "terminate"});
    CHECK(client->stats().connects == 3);
    server.wait(3);
  }

  TEST_CASE("reconnect resets buffers") {
    // Half a message, half a frame, half a UTF-8 character, half a header.
    const std::vector<std::string> rests{
        encode_server_frame({.opcode = opcodes::text, .payload = "half", .fin = false}),
        encode_server_frame(binary_frame(std::string(5000, 'x'))).substr(0, 3000),
        encode_server_frame({.opcode = opcodes::text, .payload = "\xc3", .fin = false}),
        encode_server_frame(binary_frame(std::string(300, 'x'))).substr(0, 3)};
    scripted_server server{[&](server_connection& client) {
      client.accept();
      client.send_text("whole");
      if (client.index() < rests.size()) return client.send_raw(rests[client.index()]);
      client.send({.opcode = opcodes::text, .payload = "in two ", .fin = false});
      client.send(continuation_frame("parts", true));
      say_goodbye(client);
    }};
    test_client client{persistent()};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    lines expected{"init"};
    for (std::size_t i = 0; i < rests.size(); ++i) {
      expected.insert(expected.end(), {"connect", "text whole", "disconnect"});
    }
    expected.insert(expected.end(),
                    {"connect", "text whole", "text in two parts", "disconnect", "terminate"});
    CHECK(client.handler().seen == expected);
    server.wait(rests.size() + 1);
  }

  TEST_CASE("several reconnect attempts: the server refuses in between") {
    scripted_server server{[](server_connection& client) {
      if (client.index() >= 1 && client.index() <= 3)
        return client.respond("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nwait");
      client.accept();
      if (client.index() == 4) say_goodbye(client);
    }};
    struct attempt {
      std::size_t number;
      std::error_code error;
      int status;
      bool was_open;
      bool operator==(const attempt&) const = default;
    };
    std::vector<attempt> attempts;
    recorder handler;
    handler.on_disconnect = [&](const wsx::disconnect& d) {
      attempts.push_back({d.attempt, d.reason.error, d.reason.diagnostics.http_status,
                          d.uptime > std::chrono::steady_clock::duration::zero()});
      return d.reason.normal() ? wsx::stop() : wsx::reconnect_after(std::chrono::milliseconds(1));
    };
    std::vector<std::size_t> succeeded;
    handler.on_connect = [&](const wsx::connection_info& info) {
      succeeded.push_back(info.attempt);
      return wsx::ok();
    };
    test_client client{handler};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    const std::error_code dropped = wsx::errc::connection_dropped;
    const std::error_code refused = wsx::errc::refused_for_now;
    const std::vector<attempt> expected{{1, dropped, 0, true},
                                        {2, refused, 503, false},
                                        {3, refused, 503, false},
                                        {4, refused, 503, false},
                                        {5, {}, 0, true}};
    CHECK(attempts == expected);
    CHECK(succeeded == std::vector<std::size_t>{1, 4});
    server.wait(5);
  }

  TEST_CASE("several reconnect attempts: TCP is refused in between") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      if (client.index() == 1) say_goodbye(client);
    }};
    scripted_server refusing{[](server_connection&) {}, {.state = port_state::refusing}};
    std::vector<std::error_code> errors;
    recorder handler;
    handler.on_disconnect = [&](const wsx::disconnect& d) {
      errors.push_back(d.reason.error);
      if (d.reason.normal()) return wsx::stop();
      if (d.attempt == 1) return wsx::reconnect_to(refusing.url());
      return d.attempt < 4 ? wsx::reconnect() : wsx::reconnect_to(server.url());
    };
    test_client client{handler};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    const std::error_code no_tcp = asio::error::connection_refused;
    const std::vector<std::error_code> expected{
        wsx::errc::connection_dropped, no_tcp, no_tcp, no_tcp, {}};
    CHECK(errors == expected);
    server.wait(2);
  }

  TEST_CASE("other endpoint on reconnect") {
    scripted_server first{[](server_connection& client) { client.accept(); }};
    const auto ca = make_ca();
    scripted_server second{[](server_connection& client) {
                             const auto& request = client.read_request();
                             if (request.target != "/other") throw script_error(request.target);
                             const auto* extra = request.find("X-Extra");
                             if (extra == nullptr || *extra != "yes") throw script_error("X-Extra");
                             client.accept();
                             if (client.index() == 0) return;  // later reconnects come here, too
                             say_goodbye(client);
                           },
                           {.tls = make_server_certificate(ca)}};
    recorder handler;
    handler.on_disconnect = [&](const wsx::disconnect& d) {
      if (d.reason.normal()) return wsx::stop();
      if (d.connection.url == second.url("/other")) return wsx::reconnect();
      const auto other = wsx::request(second.url("/other")).header("X-Extra", "yes");
      return wsx::reconnect_to(other);
    };
    lines urls;
    handler.on_connect = [&](const wsx::connection_info& info) {
      urls.push_back(info.url);
      return wsx::ok();
    };
    auto options = calm();
    options.tls.ca_pem = ca.certificate_pem;
    test_client client{handler, options};
    client.open(first);
    CHECK(client.join().error == std::error_code());
    CHECK(urls == lines{first.url(), second.url("/other"), second.url("/other")});
    first.wait();
    second.wait(2);
  }

  TEST_CASE("a first connection that fails goes to the handler if the options say so") {
    scripted_server server{[](server_connection& client) {
      if (client.index() < 2) return client.respond("HTTP/1.1 500 No\r\n\r\n");
      client.accept();
      say_goodbye(client);
    }};
    std::vector<std::size_t> attempts;
    recorder handler;
    handler.on_disconnect = [&](const wsx::disconnect& d) {
      attempts.push_back(d.attempt);
      return d.reason.normal() ? wsx::stop() : wsx::reconnect();
    };
    auto options = calm();
    options.handle_first_failure = true;
    test_client client{handler, options};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(attempts == std::vector<std::size_t>{1, 2, 3});
    server.wait(3);
  }

  TEST_CASE("a first connection that fails just fails otherwise, and connect may be called again") {
    scripted_server server{[](server_connection& client) {
      if (client.index() == 0) return client.respond("HTTP/1.1 500 No\r\n\r\n");
      client.accept();
      say_goodbye(client);
    }};
    test_client client;
    CHECK(client.connect(server.url()).error == wsx::errc::refused_for_now);
    CHECK(client.handler().seen.empty());
    client.open(server);
    CHECK(client.connect(server.url()).error == wsx::errc::already_started);
    CHECK(client.join().error == std::error_code());
    CHECK(client.connect(server.url()).error == wsx::errc::already_started);
    server.wait(2);
  }

  TEST_CASE("casts wait for the next connection") {
    gate queued;
    scripted_server server{[&](server_connection& client) {
      if (client.index() == 1) queued.wait();
      client.accept();
      if (client.index() == 0) return;
      client.expect_text("kept");
      say_goodbye(client);
    }};
    test_client client{persistent()};
    client.open(server);
    client.wait_until([&] { return server.connections() == 2 && !client->is_open(); });
    client->cast(task{[](wsx::session&) { return wsx::reply(wsx::text{"kept"}); }});
    queued.open();
    CHECK(client.join().error == std::error_code());
    server.wait(2);
  }

  namespace {

  const std::string large(8 * 1024 * 1024, 'L');

  // The first connection breaks while a large frame is half sent and a small one waits behind it;
  // `expect` looks at what comes over the second.
  void break_while_sending(bool drop_unsent, script expect) {
    gate queued;
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             if (client.index() == 0) {
                               client.read_raw(1000);
                               queued.wait();
                               return client.reset();
                             }
                             expect(client);
                             say_goodbye(client);
                           },
                           {.receive_buffer = 4096}};
    recorder handler = persistent();
    handler.on_connect = [](const wsx::connection_info&) {
      return wsx::reply(wsx::text{"connected"});
    };
    auto options = calm();
    options.send_queue_size = 2 * large.size();
    options.drop_unsent_on_disconnect = drop_unsent;
    test_client client{handler, options};
    client.open(server);
    CHECK(client->try_send(wsx::binary(large)));
    CHECK(client->try_send(wsx::text{"small"}));
    client.wait_until([&] { return client->stats().bytes_sent > 100'000; });
    queued.open();
    CHECK(client.join().error == std::error_code());
    server.wait(2);
  }

  }  // namespace

  TEST_CASE(
      "what was queued and not sent goes out on the next connection, a half sent frame whole") {
    break_while_sending(false, [](server_connection& client) {
      lines came;
      for (int i = 0; i < 3; ++i) came.push_back(client.read_frame().value().payload);
      std::erase(came, "connected");  // a reply, which does not wait behind the queue
      if (came != lines{large, "small"}) throw script_error("other frames came");
    });
  }

  TEST_CASE("what was queued and not sent is dropped if the options say so") {
    break_while_sending(true, [](server_connection& client) { client.expect_text("connected"); });
  }

  TEST_CASE("a client that waits to reconnect can be closed") {
    scripted_server server{[](server_connection& client) { client.accept(); }};
    recorder handler;
    handler.on_disconnect = [](const wsx::disconnect&) {
      return wsx::reconnect_after(std::chrono::hours(1));
    };
    test_client client{handler};
    client.open(server);
    client.seen(3);
    CHECK(client.close() == std::error_code());
    client.join();
    CHECK(client.handler().seen == lines{"init", "connect", "disconnect", "terminate"});
  }
}
