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

/// The server's end of a connection in memory. It plays the server byte by byte, and can make the
/// client's reads and writes fail. Copies share the connection. From any thread.
///
/// Positions count the bytes of one direction from the beginning of the connection, including the
/// opening handshake.
class memory_peer {
 public:
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

  /// Sends bytes to the client.
  void write(std::string_view bytes);
  void write(const server_frame& frame) { write(encode_server_frame(frame)); }

  /// Returns what the client has written since the last call.
  std::string take_written();
  /// Discards what the client has written since the last call and returns its size; allocates
  /// nothing.
  std::size_t discard_written();
  /// Takes the first frame that the client has written, if it is complete. Throws `script_error` if
  /// a client may not send it.
  std::optional<client_frame> take_frame();

  /// Takes the opening handshake that the client has written and answers it with 101. Throws
  /// `script_error` if there is none or it is wrong.
  http_request accept(const accept_options& options = {});

  /// Ends the stream that the client reads, after everything written so far. The client may still
  /// write.
  void close();

  /// Makes the client's reads fail: after everything written so far, or after the position. The
  /// first failure counts, including the end of the stream.
  void fail_reads(std::error_code error);
  void fail_reads_at(std::size_t position, std::error_code error);

  /// Makes the client's writes fail: at once, or after the position.
  void fail_writes(std::error_code error);
  void fail_writes_at(std::size_t position, std::error_code error);

  /// Limits the bytes per read, or per write, as if they trickled over the network.
  void limit_read(std::size_t bytes);
  void limit_write(std::size_t bytes);

  /// Allows the client to write this many more bytes before its writes would block. Unlimited by
  /// default.
  void allow_write(std::size_t bytes);

  std::size_t bytes_read() const;     ///< by the client
  std::size_t bytes_written() const;  ///< by the client
  bool client_shut_down() const;  ///< whether the client has said that it will write nothing more
  bool client_closed() const;     ///< whether the client has closed the connection

 private:
  friend struct memory_endpoint;
  explicit memory_peer(std::shared_ptr<memory_connection> connection) noexcept
      : connection_(std::move(connection)) {}

  std::shared_ptr<memory_connection> connection_;
};

/// A server in memory with a name. Clients of this process reach it with `memory_transport` and a
/// URL whose host is the name. From any thread.
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
  /// Refuses clients that still wait. Accepted connections go on.
  ~memory_listener();
  memory_listener(const memory_listener&) = delete;
  memory_listener& operator=(const memory_listener&) = delete;

  /// `ws://NAME/`
  std::string url(std::string_view path = "/") const;

  /// Returns the oldest accepted connection that this has not returned yet.
  std::optional<memory_peer> next();

  /// Sets a function that is called for each connection when it is accepted, to set limits and
  /// failures. It is called on the client's thread before the client writes or reads. `next` works
  /// as before.
  void on_accept(std::function<void(memory_peer&)> prepare);

  /// Makes connecting fail with `error` from now on; without an error it succeeds again.
  void refuse(std::error_code error);

  /// Makes connecting wait from now on, until `release`.
  void hold();
  void release();

  std::size_t accepted() const;  ///< the number of connections so far
  std::size_t waiting() const;   ///< clients that wait because of `hold`

 private:
  friend struct memory_endpoint;
  struct state;
  std::shared_ptr<state> state_;
};

/// Moves bytes through memory to the `memory_listener` that the URL's host names. It speaks `ws`
/// and `wss`, both unencrypted. If one thread runs or polls the executor, everything is
/// deterministic: what a `memory_peer` does takes effect at the next step of the executor.
///
/// Errors of `connect`: `asio::error::host_not_found` if no listener has the name,
/// `asio::error::connection_refused` if it was destroyed, and the error given to
/// `memory_listener::refuse`.
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
