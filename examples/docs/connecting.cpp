// The code of docs/connecting.md; scripts/check-docs compares it.
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct feed {
  void handle_frame(wsx::text) {}
};

struct token_source {
  asio::awaitable<std::string> fetch();
};

void mark_for_vpn(wsx::native_socket) {}

asio::awaitable<void> open_tunnel(asio::ip::tcp::socket&, std::string) {
  co_return;
}

std::string read_secret(const std::string& name) {
  return name;
}

void reconnect(asio::any_io_executor executor) {
  // [reconnect]
  wsx::options options;
  options.reconnect = wsx::reconnect_options();
  options.handle_first_failure = true;  // also before the first connection
  wsx::client<feed> client(executor, feed(), options);
  // [reconnect]
}

void prepare(wsx::options& options, const std::shared_ptr<token_source>& tokens) {
  // [prepare]
  options.dial.prepare = [tokens](wsx::request& r, std::size_t) -> asio::awaitable<void> {
    r.header("Authorization", "Bearer " + co_await tokens->fetch());
  };
  // [prepare]
}

void redirects(wsx::options& options, const std::string& key) {
  // [redirects]
  options.dial.max_redirects = 5;
  const auto request = wsx::request("wss://example.com/feed").secret_header("X-Api-Key", key);
  // [redirects]
}

void cookies(wsx::options& options) {
  // [cookies]
  options.dial.cookies = std::make_shared<wsx::cookie_jar>();
  // [cookies]
}

void budget(wsx::options& options) {
  // [budget]
  options.dial.budget = std::make_shared<wsx::connect_budget>(
      wsx::connect_budget_options{.per_second = 100, .in_flight = 20});
  // [budget]
}

void credentials(const std::string& name, const std::string& password, const std::string& token) {
  // [credentials]
  wsx::request("wss://example.com/feed").basic_auth(name, password);
  wsx::request("wss://example.com/feed").bearer_token(token);
  wsx::request("wss://name:password@example.com/feed");  // percent-encode what a URL can't have
  // [credentials]
}

void client_certificate(wsx::options& options) {
  // [client_certificate]
  options.tls.certificate.chain_file = "/etc/feed/client.pem";
  options.tls.certificate.key_file = "/etc/feed/client.key";
  options.tls.certificate.passphrase = [] { return read_secret("client.key"); };
  // [client_certificate]
}

void pins(wsx::options& options) {
  // [pins]
  options.tls.ca_file = "/etc/feed/ca.pem";
  options.tls.pins = {
      "X3pGTSOuJeEVw989IJ/cEtXUEmy52zs1TZQrU06KUKg=",   // in use
      "MHJYVThihUrJcxW6wcqyOISTXIsInsdj3xK8QrZbHec="};  // for the day that it is replaced
  // [pins]
}

wsx::options patient() {
  // [connect_timeouts]
  wsx::options options;
  options.connect_timeout = 10s;      // for everything up to TLS
  options.dial.address_timeout = 3s;  // for each address
  // [connect_timeouts]
  return options;
}

asio::awaitable<void> show_tried(wsx::client<feed>& client, std::string url) {
  // [tried]
  try {
    co_await client.connect(url);
  } catch (const wsx::system_error& error) {
    for (const auto& tried : error.diagnostics().tried)
      std::cerr << tried.endpoint << ": " << tried.error.message() << '\n';
  }
  // [tried]
}

wsx::options with_socket_options() {
  // [socket_options]
  wsx::options options;
  wsx::socket_options& socket = options.dial.socket;
  socket.keepalive = wsx::tcp_keepalive();
  socket.local_address = "192.0.2.7";
  socket.before_connect = [](wsx::native_socket handle) { mark_for_vpn(handle); };
  // [socket_options]
  return options;
}

asio::awaitable<void> connect_to_socket() {
  const auto executor = co_await asio::this_coro::executor;
  // [unix_socket]
  wsx::client<feed> client(executor);
  co_await client.connect("ws+unix:///run/app.sock:/feed?from=1");
  // [unix_socket]
}

asio::awaitable<void> adopt(wsx::client<feed>& client, asio::ip::tcp::endpoint gateway) {
  // [adopt]
  asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect(gateway, asio::use_awaitable);
  co_await open_tunnel(socket, "example.com:443");
  co_await client.connect("wss://example.com/feed", std::move(socket));
  // [adopt]
}

wsx::options with_table() {
  wsx::options options;
  // [resolver]
  const std::map<std::string, std::string> table{{"feed.internal", "192.0.2.10"},
                                                 {"orders.internal", "192.0.2.20"}};
  options.dial.resolver = wsx::make_resolver([table](const std::string& host, std::uint16_t port) {
    const auto known = table.find(host);
    if (known == table.end())
      throw std::system_error(asio::error::host_not_found, "no such service");
    return wsx::resolver::endpoints{{asio::ip::make_address(known->second), port}};
  });
  // [resolver]
  return options;
}

wsx::options through_a_proxy(const std::string& password) {
  // [proxy]
  wsx::options options;
  options.dial.proxy.url = "http://feed:" + password + "@proxy.example:3128";
  options.dial.proxy.no_proxy = "localhost, .internal, 10.0.0.0/8";
  // [proxy]
  return options;
}

struct instance {
  asio::ip::address address;
  std::uint16_t port = 0;
};

struct registry {
  asio::awaitable<std::vector<instance>> instances_of(std::string) {
    std::vector<instance> none;
    co_return none;
  }
};

// [async_resolver]
asio::awaitable<wsx::resolver::endpoints> ask(registry& services, std::string host) {
  wsx::resolver::endpoints found;
  for (const auto& each : co_await services.instances_of(host))
    found.emplace_back(each.address, each.port);
  co_return found;
}

wsx::options with_registry(registry& services) {
  wsx::options options;
  options.dial.resolver = wsx::make_resolver(
      [&services](std::string host, std::uint16_t) { return ask(services, std::move(host)); });
  return options;
}
// [async_resolver]

}  // namespace

void connecting_examples(asio::any_io_executor executor, wsx::options& options) {
  reconnect(executor);
  credentials("name", "password", "token");
  client_certificate(options);
  pins(options);
  prepare(options, std::make_shared<token_source>());
  redirects(options, "key");
  cookies(options);
  budget(options);
}

asio::awaitable<std::string> token_source::fetch() {
  co_return "token";
}

// What is only compiled.
void use_connecting(asio::io_context& io) {
  wsx::client<feed> client(io, feed(), patient());
  (void)show_tried(client, "ws://localhost");
  (void)with_table();
  (void)with_socket_options();
  (void)through_a_proxy("password");
  (void)connect_to_socket();
  (void)adopt(client, {});
  registry services;
  (void)with_registry(services);
}
