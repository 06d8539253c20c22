#pragma once

#include <wsx/testing/certificates.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace wsx::testing {

class byte_stream;
struct wait_limit;

/// How the client ended its side of a connection.
enum class stream_end {
  open,       ///< it has not, as far as the script has read
  orderly,    ///< FIN; over TLS after a close_notify
  truncated,  ///< FIN without a close_notify, over TLS
  reset,      ///< RST
};

/// The versions of TLS that a server speaks.
enum class tls_versions {
  all,
  only_1_1,  ///< clients should refuse it
  only_1_2,
};

/// Whether a server wants its clients to have certificates.
enum class client_certificates {
  ignored,
  demanded,  ///< a handshake without one fails; in TLS 1.3 after the client's side
};

/// The part of a `server_connection` below WebSocket: its bytes, its TLS, and its end.
class server_stream {
 public:
  server_stream(const server_stream&) = delete;
  server_stream& operator=(const server_stream&) = delete;

  /// Returns the connection's index: 0 for the server's first connection.
  std::size_t index() const noexcept { return index_; }
  std::uint16_t peer_port() const noexcept;
  /// Returns the name that the client sent as SNI; empty without TLS or SNI.
  std::string server_name() const;
  /// Returns whether the client resumed a TLS session of an earlier connection. It can if the
  /// server had the same certificate.
  bool resumed() const;
  /// Returns how the client ended its side, as far as it was read.
  stream_end ended() const noexcept;
  void set_timeout(std::chrono::milliseconds timeout) noexcept { timeout_ = timeout; }

  /// Continues with TLS, for a proxy that has answered a CONNECT.
  void start_tls(const certificate& own, tls_versions versions = tls_versions::all,
                 client_certificates wanted = client_certificates::ignored,
                 std::string_view client_ca = {});

  /// @name Sending
  /// @{

  void send_raw(std::string_view bytes);
  /// Sends bytes that bypass TLS, as a third party could insert them.
  void send_beneath_tls(std::string_view bytes);
  /// Sends a KeyUpdate (RFC 8446 4.6.3), which requests one in return if `both`. TLS 1.3 only.
  void tls_update_keys(bool both = true);
  /// Limits the bytes per write (over TLS: per record) from now on; 0 for no limit. The kernel does
  /// not join the writes, but a client that reads late may receive several at once.
  void chunk(std::size_t size) noexcept { chunk_ = size; }

  /// @}
  /// @name Receiving
  /// @{

  /// Returns all bytes that have arrived, at least one, or none if the client has ended its side.
  /// It also returns an incomplete frame: what arrived on a connection that is about to be reset
  /// can be read with it.
  std::string read_some();
  /// Returns exactly `size` bytes.
  std::string read_raw(std::size_t size);
  /// Waits until the client ends its side; returns the number of bytes sent before.
  std::size_t wait_eof();

  /// @}
  /// @name Ending the connection; returning from the script does `close` as well
  /// @{

  /// Sends close_notify over TLS, ends the server's side, and waits for the client to end its own.
  void close();
  /// Sends close_notify and leaves TCP open.
  void tls_close_notify();
  /// Sends a fatal TLS alert, bad_record_mac, and leaves TCP open. Nothing can be read or sent
  /// after that.
  void tls_fail();
  /// Ends the server's side of TCP; reading remains possible. Over TLS no close_notify is sent, so
  /// the client sees a truncated stream, unless `tls_close_notify` was called before.
  void shutdown_send();
  /// Ends the connection at once with an RST.
  void reset();

  /// @}

 protected:
  server_stream(std::unique_ptr<byte_stream> stream, std::size_t index,
                std::chrono::milliseconds timeout);
  ~server_stream();

  /// Starts the timeout for one call.
  wait_limit limit_for(std::string_view awaited) const;
  /// Appends to `unread`; returns false if the client has ended its side.
  bool receive(const wait_limit& limit);
  /// Describes the end, for a script that expected something else.
  std::string how_it_ended() const;
  /// Returns the bytes that were received and not taken yet.
  std::string_view unread() const noexcept;
  /// Takes the unread bytes except for the last `rest`.
  void take_all_but(std::size_t rest) noexcept { consumed_ = received_.size() - rest; }

 private:
  std::unique_ptr<byte_stream> stream_;
  std::size_t index_;
  std::chrono::milliseconds timeout_;
  std::size_t chunk_ = 0;
  std::string received_{};
  std::size_t consumed_ = 0;
};

}  // namespace wsx::testing
