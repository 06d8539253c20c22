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

/// What a server does with one connection. With several connections, it is called on several
/// threads.
using script = std::function<void(server_connection&)>;

/// What happens to a client that connects to the port.
enum class port_state {
  accepting,  ///< a server that runs the script
  silent,     ///< TCP connects (until the backlog is full), but there is no answer
  refusing,   ///< TCP is refused, and no other program can take the port
};

struct server_options {
  std::optional<certificate> tls{};  ///< if set, the server speaks TLS
  tls_versions versions = tls_versions::all;
  client_certificates from_clients = client_certificates::ignored;
  std::string client_ca{};         ///< the authority of the clients' certificates, in PEM
  std::string host = "127.0.0.1";  ///< the address to listen on: also "::1"
  port_state state = port_state::accepting;
  int backlog = 128;
  int receive_buffer = 0;  ///< bytes that the kernel buffers from a client; 0: its default
  std::chrono::milliseconds timeout{10000};  ///< limit for each call of a script
  /// If set, the server listens on a unix-domain socket with this path, in place of a port. The
  /// file must not exist, and is removed with the server. "@name" is an abstract one.
  std::string socket_path{};
};

/// A server for tests that runs a script for each connection, on its own thread.
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
  /// Listens when it returns. Throws `std::system_error` on failure.
  explicit scripted_server(script run, server_options options = {});
  /// Stops listening and closes all connections, which wakes scripts that wait for one. Then waits
  /// for the scripts to return. Exceptions that they throw now are ignored.
  ~scripted_server();
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  std::uint16_t port() const noexcept;
  /// `ws://127.0.0.1:PORT/`, or `wss:` with TLS, or `ws+unix:PATH:/`; `host` may be another name of
  /// the machine.
  std::string url(std::string_view path = "/", std::string_view host = {}) const;
  /// Returns the number of connections accepted so far.
  std::size_t connections() const;
  /// Waits until this many connections have been accepted and the scripts of all accepted ones have
  /// returned. The limit is twice the timeout, so that a script that waits in vain fails first. If
  /// a script fails, throws its exception at once.
  void wait(std::size_t connections = 1);

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace wsx::testing
