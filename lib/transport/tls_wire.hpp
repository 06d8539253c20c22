#pragma once

#include "wire_buffer.hpp"

#include <wsx/transport/tcp.hpp>

#include <openssl/ssl.h>

#include <cstddef>
#include <span>
#include <system_error>

namespace wsx {

/// Carries TLS records between OpenSSL and a TCP transport, many at once: the socket is read into a
/// buffer from which OpenSSL takes record by record, and what it writes is collected until it is
/// flushed.
class tls_wire {
 public:
  explicit tls_wire(tcp_transport& tcp) noexcept : tcp_(tcp) {}

  /// Makes `ssl` read and write here; false without memory. The wire must outlive it.
  bool attach(SSL* ssl);

  /// To be called before a batch is read by OpenSSL: the socket may be read once more.
  void before_reading() noexcept;
  /// To be called before OpenSSL is asked to write.
  void before_writing() noexcept;

  /// OpenSSL's own wish to flush counts no more, until somebody else flushes: the end of a
  /// handshake then leaves together with what follows it.
  void hold() noexcept { held_ = true; }
  bool held() const noexcept { return held_; }

  /// Hands what OpenSSL wrote to the socket. `would_block` if some is left.
  std::error_code flush() noexcept;

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
  bool socket_read_ = true;  // since the last `before_reading`; nothing comes before we write
  bool held_ = false;
  std::error_code error_{};
};

}  // namespace wsx
