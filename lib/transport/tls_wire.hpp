#pragma once

#include "wire_buffer.hpp"

#include <wsx/transport/tcp.hpp>

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

namespace wsx {

/// Carries TLS records between OpenSSL and a TCP transport, many at once. The socket is read into a
/// buffer from which OpenSSL takes record by record. What OpenSSL writes is collected until the
/// transport flushes it.
///
/// Only the transport flushes: OpenSSL's own flushes do nothing, so they can neither fail nor wait.
/// The end of a handshake is thus sent together with the data after it. The answer to a KeyUpdate
/// waits behind the data of a full socket: RFC 8446 4.6.3 requires it only before the next data.
class tls_wire {
 public:
  explicit tls_wire(tcp_transport& tcp) noexcept : tcp_(tcp) {}

  /// Makes `ssl` read and write here, as on a new connection; returns false without memory. The
  /// wire must outlive `ssl`.
  bool attach(SSL* ssl);

  /// Called before OpenSSL reads a batch: the socket may be read once more.
  void before_reading() noexcept;
  /// Called before OpenSSL writes; `last`: nothing of the batch follows.
  void before_writing(bool last) noexcept;

  /// Writes what OpenSSL wrote to the socket. Returns `would_block` if some is left. Any other
  /// error is permanent: nothing more can be sent. What OpenSSL still writes is discarded, so that
  /// it can go on reading.
  std::error_code flush() noexcept;

  /// Returns whether this many bytes can be written before the next flush.
  bool has_room(std::size_t size) const noexcept { return out_.free() >= size; }

  /// Returns how many bytes OpenSSL has written; below, how many of them the socket has taken.
  std::uint64_t written() const noexcept { return written_; }
  std::uint64_t taken() const noexcept { return taken_; }

  /// Returns how the last attempt to read or to write ended.
  std::error_code error() const noexcept { return error_; }

  /// For the BIO. Returns the number of bytes; if it is 0, `error` says why.
  std::size_t read(std::span<std::byte> target) noexcept;
  std::size_t write(bytes_view source) noexcept;

 private:
  bool fill() noexcept;
  void read_socket() noexcept;

  tcp_transport& tcp_;
  SSL* ssl_ = nullptr;
  wire_buffer in_;
  wire_buffer out_;
  std::uint64_t written_ = 0;
  std::uint64_t taken_ = 0;
  bool socket_read_ = true;  // since the last `before_reading`; nothing arrives before we write
  std::error_code error_{};
  std::error_code write_error_{};  // nothing more can be sent
};

}  // namespace wsx
