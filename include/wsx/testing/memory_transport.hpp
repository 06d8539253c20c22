#pragma once

#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/server_frame.hpp>
#include <wsx/testing/server_handshake.hpp>
#include <wsx/transport/transport.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace wsx::testing {

struct memory_connection;
struct memory_endpoint;

/// The server's end of a connection in memory: plays the server byte by byte, and makes reads and
/// writes of the client fail where a test wants it. Copies share the connection. From any thread.
///
/// Positions count the bytes of one direction from the beginning of the connection, the opening
/// handshake included.
class memory_peer {
 public:
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

  /// Sends bytes to the client.
  void write(std::string_view bytes);
  void write(const server_frame& frame) { write(encode_server_frame(frame)); }

  /// What the client has written since the last call.
  std::string take_written();
  /// The same without the bytes, only how many: allocates nothing.
  std::size_t discard_written();
  /// Takes the first frame off what the client has written, if it is whole. Throws `script_error`
  /// if it is no frame that a client may send.
  std::optional<client_frame> take_frame();

  /// Takes the opening handshake off what the client has written, and answers it with 101. Throws
  /// `script_error` if there is none, or a wrong one.
  http_request accept(const accept_options& options = {});

  /// The client reads the end of the stream, behind all that was written so far. It may go on to
  /// write.
  void close();

  /// The client's reads fail: behind all that was written so far, or behind the position. The
  /// failure that comes first counts, the end of the stream included.
  void fail_reads(std::error_code error);
  void fail_reads_at(std::size_t position, std::error_code error);

  /// The client's writes fail: at once, or behind the position.
  void fail_writes(std::error_code error);
  void fail_writes_at(std::size_t position, std::error_code error);

  /// At most so many bytes a read, or a write, as if they trickled over the network.
  void limit_read(std::size_t bytes);
  void limit_write(std::size_t bytes);

  /// The client may write so many bytes more, then its writes would block. At first unlimited.
  void allow_write(std::size_t bytes);

  std::size_t bytes_read() const;     ///< by the client, so far
  std::size_t bytes_written() const;  ///< by the client, so far
  bool client_shut_down() const;      ///< the client has said that it writes nothing more
  bool client_closed() const;         ///< the client has closed the connection

 private:
  friend struct memory_endpoint;
  explicit memory_peer(std::shared_ptr<memory_connection> connection) noexcept
      : connection_(std::move(connection)) {}

  std::shared_ptr<memory_connection> connection_;
};

/// A server in memory, by name: clients of this process reach it with `memory_transport` and a URL
/// whose host is the name. From any thread.
///
///     memory_listener server{"feed"};
///     basic_client<handler, memory_transport> client{io.get_executor()};
///     client.connect(server.url(), asio::detached);
///     io.poll();
///     memory_peer peer = server.next().value();
///     peer.accept();
///     peer.write(text_frame("hello"));
///     io.poll();
class memory_listener {
 public:
  /// Throws `std::invalid_argument` if the name is taken.
  explicit memory_listener(std::string name);
  /// Refuses those who still wait. Connections that were accepted go on.
  ~memory_listener();
  memory_listener(const memory_listener&) = delete;
  memory_listener& operator=(const memory_listener&) = delete;

  /// `ws://NAME/`
  std::string url(std::string_view path = "/") const;

  /// The oldest connection that was accepted and not been taken by this.
  std::optional<memory_peer> next();

  /// Called for each connection as it is accepted, on the client's thread, before the client
  /// writes or reads anything: to set limits and failures. `next` goes on as before.
  void on_accept(std::function<void(memory_peer&)> prepare);

  /// From now on connecting fails with `error`; without one it succeeds again.
  void refuse(std::error_code error);

  /// From now on connecting waits, until `release`.
  void hold();
  void release();

  std::size_t accepted() const;  ///< the number of connections so far
  std::size_t waiting() const;   ///< clients that `hold` keeps waiting

 private:
  friend struct memory_endpoint;
  struct state;
  std::shared_ptr<state> state_;
};

/// Bytes that go through memory to the `memory_listener` that the URL's host names; speaks `ws` and
/// `wss`, both in the clear. With one thread that runs or polls the executor everything is
/// deterministic: what a `memory_peer` does takes effect at the next step of the executor.
///
/// Errors of `connect`: `asio::error::host_not_found` if no listener has the name,
/// `asio::error::connection_refused` if it went away, and what `memory_listener::refuse` was given.
class memory_transport {
 public:
  memory_transport(asio::any_io_executor executor, std::shared_ptr<transport_settings>);
  ~memory_transport();
  memory_transport(const memory_transport&) = delete;
  memory_transport& operator=(const memory_transport&) = delete;

  asio::awaitable<std::error_code> connect(const url& to, diagnostics& d);
  io_result read_some(std::span<std::byte> room) noexcept;
  io_result write_some(bytes_view bytes) noexcept;
  void async_wait(io_direction direction, wait_handler ready);
  void shutdown() noexcept;
  void close() noexcept;
  std::string peer_endpoint() const;
  std::string local_endpoint() const;

 private:
  asio::awaitable<void> decided();

  std::unique_ptr<memory_endpoint> endpoint_;
};

static_assert(transport<memory_transport>);

}  // namespace wsx::testing
