#pragma once

#include <wsx/export.hpp>
#include <wsx/transport/transport.hpp>

#include <cstddef>
#include <memory>
#include <optional>

namespace wsx {

/// TLS over TCP; speaks `wss`. `tls_options` of the settings say which servers are trusted.
///
/// Errors of `connect` besides those of TCP: `errc::invalid_ca`, `errc::certificate_rejected` (the
/// diagnostics name the X.509 error, depth and subject), `errc::tls_handshake_failed`.
class tls_transport {
 public:
  WSX_API tls_transport(asio::any_io_executor executor, std::shared_ptr<transport_settings>);
  WSX_API ~tls_transport();
  tls_transport(const tls_transport&) = delete;
  tls_transport& operator=(const tls_transport&) = delete;

  WSX_API asio::awaitable<std::error_code> connect(const url& to, diagnostics& d);
  WSX_API std::error_code adopt(const url& to, connected_socket&& socket, diagnostics& d);
  WSX_API io_result read_some(std::span<std::byte> room) noexcept;
  WSX_API io_result write_some(bytes_view bytes) noexcept;
  WSX_API void async_wait(io_direction direction, wait_handler ready);
  WSX_API void shutdown() noexcept;
  WSX_API void close() noexcept;
  WSX_API std::string peer_endpoint() const;
  WSX_API std::string local_endpoint() const;
  WSX_API std::size_t committed() const noexcept;
  WSX_API std::optional<std::size_t> unacknowledged() noexcept;
  WSX_API std::string error_detail() const;
  WSX_API std::optional<tls_info> tls() const;

  /// Completes when `async_wait` would call its handler.
  WSX_API asio::awaitable<std::error_code> ready(io_direction direction);

 private:
  struct state;  // keeps OpenSSL out of this header
  std::unique_ptr<state> state_;
};

static_assert(transport<tls_transport>);

}  // namespace wsx
