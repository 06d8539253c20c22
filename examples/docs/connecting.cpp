// The code of docs/connecting.md; scripts/check-docs compares it.
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace {

struct feed {
  void handle_frame(wsx::text) {}
};

struct token_source {
  asio::awaitable<std::string> fetch();
};

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
  options.prepare = [tokens](wsx::request& r, std::size_t) -> asio::awaitable<void> {
    r.header("Authorization", "Bearer " + co_await tokens->fetch());
  };
  // [prepare]
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

}  // namespace

void connecting_examples(asio::any_io_executor executor, wsx::options& options) {
  reconnect(executor);
  credentials("name", "password", "token");
  client_certificate(options);
  pins(options);
  prepare(options, std::make_shared<token_source>());
}

asio::awaitable<std::string> token_source::fetch() {
  co_return "token";
}
