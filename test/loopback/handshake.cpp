#include "support.hpp"

// The opening handshake over the wire: what the server gets, and what the client makes of the
// answer. RFC 6455 4.1.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Keeps the request and ends in order.
scripted_server keeping_server(http_request& kept, accept_options answer = {},
                               server_options options = {}) {
  return scripted_server{[&kept, answer = std::move(answer)](server_connection& client) {
                           kept = client.read_request();
                           client.accept(answer);
                           client.send_close(1000);
                           client.expect_close(1000);
                         },
                         std::move(options)};
}

std::string value(const http_request& request, std::string_view name) {
  const auto* found = request.find(name);
  return found != nullptr ? *found : "(none)";
}

std::string port_of(const scripted_server& server) {
  return ":" + std::to_string(server.port());
}

}  // namespace

TEST_SUITE("loopback/handshake") {
  TEST_CASE("the request") {
    http_request kept;
    auto server = keeping_server(kept);
    test_client client;
    client.open(wsx::request(server.url("/a/b?c=d%20e"))
                    .header("Authorization", "Bearer 123")
                    .header("X-Empty", "")
                    .header("X-Twice", "1")
                    .header("X-Twice", "2"));
    CHECK(client.join().error == std::error_code());
    server.wait();  // the server checks what RFC 6455 wants of every request
    CHECK(kept.method == "GET");
    CHECK(kept.version == "HTTP/1.1");
    CHECK(kept.target == "/a/b?c=d%20e");
    CHECK(value(kept, "Host") == "127.0.0.1" + port_of(server));
    CHECK(value(kept, "Authorization") == "Bearer 123");
    CHECK(value(kept, "X-Empty") == "");
    CHECK(kept.raw.find("X-Twice: 1\r\nX-Twice: 2\r\n") != std::string::npos);
    CHECK(value(kept, "Sec-WebSocket-Protocol") == "(none)");
    CHECK(value(kept, "Sec-WebSocket-Extensions") == "(none)");
  }

  TEST_CASE("Host: a name with a port that is not the default") {
    http_request kept;
    auto server = keeping_server(kept);
    test_client client;
    client.open(server.url("/", "localhost"));
    CHECK(client.join().error == std::error_code());
    CHECK(value(kept, "Host") == "localhost" + port_of(server));
  }

  TEST_CASE("Host: an IPv6 literal stands in brackets") {
    http_request kept;
    auto server = keeping_server(kept, {}, {.host = "::1"});
    recorder handler;
    std::string peer;
    handler.on_connect = [&](const wsx::connection_info& info) {
      peer = info.peer_endpoint;
      return wsx::ok();
    };
    test_client client{handler};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(value(kept, "Host") == "[::1]" + port_of(server));
    CHECK(peer == "[::1]" + port_of(server));
  }

  TEST_CASE("Host: the user's own") {
    http_request kept;
    auto server = keeping_server(kept);
    test_client client;
    client.open(wsx::request(server.url()).header("host", "example.com"));
    CHECK(client.join().error == std::error_code());
    CHECK(value(kept, "Host") == "example.com");
    CHECK(kept.raw.find("127.0.0.1") == std::string::npos);
  }

  TEST_CASE("what the handler learns of the connection") {
    http_request kept;
    auto server = keeping_server(
        kept, {.subprotocol = "v2.feed", .headers = {{"Server", "scripted"}, {"X-Id", "7"}}});
    recorder handler;
    wsx::connection_info info;
    handler.on_connect = [&](const wsx::connection_info& i) {
      info = i;
      return wsx::ok();
    };
    test_client client{handler};
    client.open(wsx::request(server.url("/feed")).subprotocol("v1.feed").subprotocol("v2.feed"));
    CHECK(client.join().error == std::error_code());
    CHECK(value(kept, "Sec-WebSocket-Protocol") == "v1.feed, v2.feed");
    CHECK(info.url == server.url("/feed"));
    CHECK(info.status == 101);
    CHECK(info.subprotocol == "v2.feed");
    CHECK(info.peer_endpoint == "127.0.0.1" + port_of(server));
    CHECK(info.local_endpoint.starts_with("127.0.0.1:"));
    CHECK(info.attempt == 1);
    CHECK(info.headers.find("x-id") == "7");
  }

  TEST_CASE("each connection has a key of its own (RFC 6455 4.1)") {
    std::vector<std::string> keys;
    scripted_server server{[&](server_connection& client) {
      keys.push_back(value(client.read_request(), "Sec-WebSocket-Key"));
      client.accept();
      client.send_close(1000);
      client.expect_close(1000);
    }};
    for (std::size_t i = 1; i <= 2; ++i) {
      test_client client;
      client.open(server);
      client.join();
      server.wait(i);
    }
    CHECK(keys.at(0) != keys.at(1));
  }

  TEST_CASE("a response byte by byte") {
    scripted_server server{[](server_connection& client) {
      client.chunk(1);
      client.accept_and_send({text_frame("early")});
      client.send_close(1000);
      client.expect_close(1000);
    }};
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(client.seen(3)[2] == "text early");
    server.wait();
  }

  TEST_CASE("bad URL: refused at once") {
    struct bad_url {
      std::string url;
      wsx::errc error;
      std::string why;
    };
    const std::vector<bad_url> bad{
        {"", wsx::errc::invalid_url, "it is empty"},
        {"lemme_in", wsx::errc::invalid_url, "the scheme is missing: write ws://lemme_in"},
        {"ws://", wsx::errc::invalid_url, "the host is missing"},
        {"ws://127.0.0.1:99999/", wsx::errc::invalid_url, "the port is not 1 to 65535"},
        {"ws://us%3Aer:secret@127.0.0.1/", wsx::errc::invalid_url, "the user name has a colon"},
        {"ws://127.0.0.1/#part", wsx::errc::invalid_url, "it has a fragment"},
        {"ws://127.0.0.1/a\tb", wsx::errc::invalid_url, "the path has a tab at character 17"},
        {"ftp://127.0.0.1/", wsx::errc::unsupported_scheme,
         "the scheme is \"ftp\", not ws or wss"}};
    for (const auto& [url, error, why] : bad) {
      CAPTURE(url);
      test_client client;
      const auto connected = client.connect(url);
      CHECK(connected.error == error);
      CHECK(connected.diagnostics.detail == why);
      CHECK(client.handler().seen.empty());
    }
  }

  TEST_CASE("a transport refuses the other's scheme") {
    test_client<recorder, wsx::tcp_transport> plain;
    CHECK(plain.connect("wss://127.0.0.1/").error == wsx::errc::unsupported_scheme);
    test_client<recorder, wsx::tls_transport> tls;
    CHECK(tls.connect("ws://127.0.0.1/").error == wsx::errc::unsupported_scheme);
  }

  TEST_CASE("header injection is refused before anything is sent") {
    struct bad_request {
      wsx::header_list headers;
      std::vector<std::string> subprotocols;
      wsx::errc error;
      std::string what;
    };
    const auto invalid = wsx::errc::invalid_header;
    const auto reserved = wsx::errc::reserved_header;
    const auto subprotocol = wsx::errc::invalid_subprotocol;
    const std::string own = " is set by the handshake itself";
    const std::vector<bad_request> all{
        {{{"X-A", "b\r\nX-Injected: c"}},
         {},
         invalid,
         R"(the value of header "X-A" has a carriage return at character 2)"},
        {{{"X-A", "b\nc"}},
         {},
         invalid,
         R"(the value of header "X-A" has a line feed at character 2)"},
        {{{"X-A", std::string("b\0c", 3)}},
         {},
         invalid,
         R"(the value of header "X-A" has a NUL at character 2)"},
        {{{"X A", "b"}}, {}, invalid, R"(the name of header "X" has a space at character 2)"},
        {{{"X-A:", "b"}},
         {},
         invalid,
         R"(the name of header "X-A" has the character : at character 4)"},
        {{{"", "b"}}, {}, invalid, "a header has no name"},
        {{{"Host", "a\r\nb"}},
         {},
         invalid,
         R"(the value of header "Host" has a carriage return at character 2)"},
        {{{"Sec-WebSocket-Key", "b"}}, {}, reserved, "header \"Sec-WebSocket-Key\"" + own},
        {{{"sec-websocket-protocol", "b"}},
         {},
         reserved,
         "header \"sec-websocket-protocol\"" + own},
        {{{"UPGRADE", "h2c"}}, {}, reserved, "header \"UPGRADE\"" + own},
        {{{"Connection", "close"}}, {}, reserved, "header \"Connection\"" + own},
        {{{"Host", "a"}, {"Host", "b"}}, {}, reserved, "header \"Host\" is there twice"},
        {{}, {"a\r\nb"}, subprotocol, R"(subprotocol "a\r\nb" is not a token)"},
        {{}, {"a, b"}, subprotocol, R"(subprotocol "a, b" is not a token)"},
        {{}, {"a", "a"}, subprotocol, R"(subprotocol "a" is offered twice)"}};
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.send_close(1000);
      client.expect_close(1000);
    }};
    test_client client;
    for (const auto& bad : all) {
      CAPTURE(bad.what);
      wsx::request target(server.url());
      target.headers = bad.headers;
      target.subprotocols = bad.subprotocols;
      const auto connected = client.connect(target);
      CHECK(connected.error == bad.error);
      CHECK(connected.diagnostics.detail == bad.what);
    }
    // A good one still can, and is the first that the server sees.
    client.open(server);
    CHECK(client.join().error == std::error_code());
    server.wait();
    CHECK(server.connections() == 1);
  }

  TEST_CASE("an option out of its range is refused") {
    auto options = calm();
    options.close_timeout = std::chrono::milliseconds(0);
    test_client<> client{{}, options};
    const auto connected = client.connect("ws://127.0.0.1:1/");
    CHECK(connected.error == wsx::errc::invalid_option);
    CHECK(connected.diagnostics.detail == "close_timeout is 0 ms, it must be 1 to 31536000000 ms");
  }
}
