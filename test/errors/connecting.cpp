#include "report.hpp"

#include <wsx/transport/tcp.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <new>

// What keeps the transport from connecting.

namespace errors_test {

namespace {

using namespace loopback_test;
using namespace wsx::testing;

wsx::request to(const std::string& url) {
  wsx::request target;
  target.url = url;
  return target;
}

// A transport for whose connection there is no memory.
class hungry_transport : public wsx::tcp_transport {
 public:
  using tcp_transport::tcp_transport;
  asio::awaitable<std::error_code> connect(const wsx::url&, wsx::diagnostics&) {
    throw std::bad_alloc();
  }
};

void silent_server(report& all) {
  scripted_server server{[](server_connection&) {}, {.state = port_state::silent}};
  auto options = calm();
  options.handshake_timeout = options.connect_timeout = std::chrono::milliseconds(50);
  test_client<> plain{{}, options};
  all.add("a server that never answers the handshake", plain.connect(to(server.url())));
  test_client<> secure{{}, options};
  const auto url = "wss://127.0.0.1:" + std::to_string(server.port()) + "/";
  all.add("a server that never answers the TLS handshake", secure.connect(to(url)));
}

void stopped_meanwhile(report& all) {
  scripted_server server{[](server_connection&) {}, {.state = port_state::silent}};
  for (const bool in_order : {true, false}) {
    test_client<> client;
    auto connecting = client.start(client->connect(server.url()));
    client.wait_until([turns = 0]() mutable { return ++turns > 10; });
    if (in_order) {
      client.wait(client->close());
    } else {
      client->abort();
    }
    try {
      client.wait(std::move(connecting));
    } catch (const wsx::system_error& e) {
      all.add(in_order ? "close() meanwhile" : "abort() meanwhile", e);
    }
  }
}

void socket_options(report& all) {
  auto options = calm();
  options.dial.socket.local_address = "192.0.2.1";
  test_client<> elsewhere{{}, options};
  all.add("dial.socket.local_address is of another host",
          elsewhere.connect(to("ws://127.0.0.1:1/")));
  all.add("the same, a name with several addresses", elsewhere.connect(to("ws://localhost:1/")));
  options.dial.socket.local_address = "::1";
  test_client<> other{{}, options};
  all.add("dial.socket.local_address is of another family", other.connect(to("ws://127.0.0.1:1/")));
  asio::io_context io;
  test_client<> client;
  try {
    client.wait(client->connect("ws://127.0.0.1:1/", asio::ip::tcp::socket(io)));
  } catch (const wsx::system_error& e) {
    all.add("connect with a socket that is not connected", e);
  }
}

}  // namespace

void connecting(report& all) {
  all.section("Connecting");
  scripted_server refusing{[](server_connection&) {}, {.state = port_state::refusing}};
  test_client<> client;
  all.add("nobody listens", client.connect(to(refusing.url())));
  all.add("nobody listens, a name with several addresses",
          client.connect(to(refusing.url("/", "localhost"))));
  all.add("a name that does not exist",
          client.connect(to("ws://no-such-host.invalid/?key=secret")));
  silent_server(all);
  stopped_meanwhile(all);
  test_client<recorder, hungry_transport> hungry;
  all.add("no memory", hungry.connect(to(refusing.url())));
  test_client<recorder, wsx::tcp_transport> tcp;
  all.add("a wss URL for a client without TLS", tcp.connect(to("wss://127.0.0.1:1/")));
  test_client<recorder, wsx::tls_transport> tls;
  all.add("a ws URL for a client that speaks only TLS", tls.connect(to("ws://127.0.0.1:1/")));
  all.add("a ws+unix URL for a client that speaks only TCP",
          tcp.connect(to("ws+unix:/run/app.sock")));
  test_client<recorder, wsx::local_transport> local;
  all.add("a ws URL for a client that speaks only unix-domain sockets",
          local.connect(to("ws://127.0.0.1:1/")));
  all.add("a unix-domain socket that does not exist",
          client.connect(to("ws+unix:/nowhere/app.sock:/feed?key=secret")));
  socket_options(all);
}

}  // namespace errors_test
