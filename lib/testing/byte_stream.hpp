#pragma once

#include "socket_channel.hpp"
#include "tls_session.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wsx::testing {

/// The bytes of a connection, over TCP or TLS.
class byte_stream {
 public:
  explicit byte_stream(socket_channel& channel) noexcept : channel_(channel) {}

  /// Does the TLS handshake; `received` are bytes of it that were read before.
  void start_tls(const certificate& own, tls_versions versions, client_certificates wanted,
                 std::string_view client_ca, std::string_view received, const wait_limit& limit);

  /// Appends at least one byte to `plain`, or returns false if the peer has ended its side.
  bool read_some(std::string& plain, const wait_limit& limit);
  void write(std::string_view plain, const wait_limit& limit);
  void write_wire(std::string_view wire, const wait_limit& limit) { channel_.write(wire, limit); }

  void send_close_notify(const wait_limit& limit);
  void update_keys(bool both, const wait_limit& limit);
  void fail_tls(const wait_limit& limit);
  void shutdown_send() noexcept;
  void reset() noexcept { channel_.reset(); }
  /// Ends this side, waits for the peer to end its own, closes the socket.
  void close(const wait_limit& limit);

  stream_end ended() const noexcept;
  std::string server_name() const { return tls_ ? tls_->server_name() : std::string{}; }
  bool resumed() const { return tls_ && tls_->resumed(); }
  std::uint16_t peer_port() const noexcept { return port_of(channel_.peer()); }

 private:
  std::string_view read_wire(const wait_limit& limit);
  void flush_tls(const wait_limit& limit);
  tls_session& tls(const char* wanted);

  socket_channel& channel_;
  std::optional<tls_session> tls_;
  bool send_ended_ = false;
  std::array<char, 65536> wire_{};
};

}  // namespace wsx::testing
