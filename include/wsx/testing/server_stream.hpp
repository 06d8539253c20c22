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
  orderly,    ///< FIN, over TLS after a close_notify
  truncated,  ///< FIN without a close_notify, over TLS
  reset,      ///< RST
};

/// The versions of TLS that a server speaks.
enum class tls_versions {
  all,
  only_1_1,  ///< which clients ought to refuse
  only_1_2,
};

/// Whether a server wants its clients to have certificates.
enum class client_certificates {
  ignored,
  demanded,  ///< which fails the handshake of a client of wsx; in TLS 1.3 after the client's side
};

/// The part of a `server_connection` below WebSocket: its bytes, its TLS, and its end.
class server_stream {
 public:
  server_stream(const server_stream&) = delete;
  server_stream& operator=(const server_stream&) = delete;

  /// 0 for the server's first connection, then 1, 2...
  std::size_t index() const noexcept { return index_; }
  std::uint16_t peer_port() const noexcept;
  /// The name that the client asked for by SNI; empty without TLS or SNI.
  std::string server_name() const;
  /// Whether the client resumed a TLS session of an earlier connection. It can if the server had
  /// the same certificate.
  bool resumed() const;
  /// How the client ended its side, as far as it was read.
  stream_end ended() const noexcept;
  void set_timeout(std::chrono::milliseconds timeout) noexcept { timeout_ = timeout; }

  /// Goes on with TLS from here, for a proxy that has answered a CONNECT.
  void start_tls(const certificate& own, tls_versions versions = tls_versions::all,
                 client_certificates wanted = client_certificates::ignored);

  /// @name Sending
  /// @{

  void send_raw(std::string_view bytes);
  /// Bytes that go past TLS, as somebody in between could add them.
  void send_beneath_tls(std::string_view bytes);
  /// Sends a KeyUpdate (RFC 8446 4.6.3), which wants one in return if `both`: TLS 1.3 only.
  void tls_update_keys(bool both = true);
  /// From now on each write carries at most `size` bytes (over TLS: each record); 0 for no limit.
  /// The kernel does not join the writes, but a client that reads late may find several at once.
  void chunk(std::size_t size) noexcept { chunk_ = size; }

  /// @}
  /// @name Receiving
  /// @{

  /// All bytes that are here, whatever they are, at least one; none if the client has ended its
  /// side. What a connection that is about to be reset has received can be read with it: also the
  /// beginning of a frame.
  std::string read_some();
  /// Exactly `size` bytes, whatever they are.
  std::string read_raw(std::size_t size);
  /// Waits until the client ends its side; returns the number of bytes that it still sent.
  std::size_t wait_eof();

  /// @}
  /// @name Ending the connection; returning from the script does `close` as well
  /// @{

  /// Over TLS sends close_notify; ends the server's side, waits for the client to end its own.
  void close();
  /// Sends close_notify, and leaves TCP open.
  void tls_close_notify();
  /// Sends a fatal TLS alert, bad_record_mac, and leaves TCP open. Nothing can be read or sent
  /// then.
  void tls_fail();
  /// Ends the server's side of TCP, and can still read. Over TLS no close_notify is sent, so that
  /// the client sees a truncated stream, unless `tls_close_notify` came before.
  void shutdown_send();
  /// Ends the connection at once with an RST.
  void reset();

  /// @}

 protected:
  server_stream(std::unique_ptr<byte_stream> stream, std::size_t index,
                std::chrono::milliseconds timeout);
  ~server_stream();

  /// The timeout, from now on.
  wait_limit limit_for(std::string_view awaited) const;
  /// Appends to `unread`, or returns false if the client has ended its side.
  bool receive(const wait_limit& limit);
  /// In words, for a script that expected something else.
  std::string how_it_ended() const;
  /// What came and was not taken yet.
  std::string_view unread() const noexcept;
  /// Takes what is unread, except for its last `rest` bytes.
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
