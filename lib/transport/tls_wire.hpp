#pragma once

#include "wire_buffer.hpp"

#include <wsx/transport/tcp.hpp>

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

namespace wsx {

/// Carries TLS records between OpenSSL and a TCP transport, many at once: the socket is read into a
/// buffer from which OpenSSL takes record by record, and what it writes is collected until the
/// transport flushes it.
///
/// Only the transport flushes: OpenSSL's own flushes do nothing, so they can neither fail nor wait.
/// The end of a handshake then leaves together with what follows it, and the answer to a KeyUpdate
/// waits behind what a full socket has not taken (RFC 8446 4.6.3 wants it before the next data, no
/// sooner).
class tls_wire {
 public:
  explicit tls_wire(tcp_transport& tcp) noexcept : tcp_(tcp) {}

  /// Makes `ssl` read and write here, as on a new connection; false without memory. The wire must
  /// outlive it.
  bool attach(SSL* ssl);

  /// To be called before a batch is read by OpenSSL: the socket may be read once more.
  void before_reading() noexcept;
  /// To be called before OpenSSL is asked to write; `last` if no more of the batch follows.
  void before_writing(bool last) noexcept;

  /// Hands what OpenSSL wrote to the socket. `would_block` if some is left. Any other error stays:
  /// nothing more can leave, and what OpenSSL still writes is dropped, so that it goes on reading.
  std::error_code flush() noexcept;

  /// Whether as much can be written before the next flush.
  bool has_room(std::size_t size) const noexcept { return out_.free() >= size; }

  /// How many bytes OpenSSL has written, and how many of them the socket has taken.
  std::uint64_t written() const noexcept { return written_; }
  std::uint64_t taken() const noexcept { return taken_; }

  /// How the last try to read or to write ended.
  std::error_code error() const noexcept { return error_; }

  /// For the BIO. The number of bytes; if none, `error` says why.
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
  bool socket_read_ = true;  // since the last `before_reading`; nothing comes before we write
  std::error_code error_{};
  std::error_code write_error_{};  // nothing more can leave
};

}  // namespace wsx
