#pragma once

#include <wsx/testing/certificates.hpp>
#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_connection.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wsx::testing {

/// What a server does with one connection. A server calls it from several threads if it has
/// several connections.
using script = std::function<void(server_connection&)>;

/// What a client finds that connects to the port.
enum class port_state {
  accepting,  ///< a server that runs the script
  silent,     ///< TCP connects (until the backlog is full), but nobody answers
  refusing,   ///< TCP is refused, and nobody else can take the port meanwhile
};

struct server_options {
  std::optional<certificate> tls{};  ///< with it the server speaks TLS
  tls_versions versions = tls_versions::all;
  client_certificates from_clients = client_certificates::ignored;
  std::string host = "127.0.0.1";  ///< the address to listen on: also "::1"
  port_state state = port_state::accepting;
  int backlog = 128;
  int receive_buffer = 0;  ///< bytes that the kernel buffers from a client; 0 for its own default
  std::chrono::milliseconds timeout{10000};  ///< bounds each call of a script
};

/// A server for tests: it runs a script, on a thread of its own, for each connection.
///
///     scripted_server server{[](server_connection& client) {
///       client.accept();
///       client.expect_text("hello");
///       client.send_close(1000);
///       client.expect_close(1000);
///     }};
///     // ... connect a client to server.url() ...
///     server.wait();
class scripted_server {
 public:
  /// Listens when it returns. Throws `std::system_error` if it cannot.
  explicit scripted_server(script run, server_options options = {});
  /// Stops to listen and closes all connections, which wakes the scripts that wait for one; then
  /// waits for the scripts to return. What they throw now is ignored.
  ~scripted_server();
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  std::uint16_t port() const noexcept;
  /// `ws://127.0.0.1:PORT/`, `wss:` with TLS; `host` to use another name of the same machine.
  std::string url(std::string_view path = "/", std::string_view host = {}) const;
  /// The number of connections accepted so far.
  std::size_t connections() const;
  /// Waits until at least so many connections have been accepted and the scripts of all accepted
  /// ones have returned; for twice the timeout, so that a script that waits in vain fails first.
  /// Throws what the first script threw that failed, at once when it fails.
  void wait(std::size_t connections = 1);

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace wsx::testing
