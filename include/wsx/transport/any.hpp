#pragma once

#include <wsx/export.hpp>
#include <wsx/transport/local.hpp>
#include <wsx/transport/tcp.hpp>
#include <wsx/transport/tls.hpp>
#include <wsx/transport/transport.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <variant>

namespace wsx {

/// The transport for the URL's scheme: TCP for `ws`, TLS for `wss`, a unix-domain
/// socket for `ws+unix`.
class any_transport {
 public:
  WSX_API any_transport(asio::any_io_executor executor, std::shared_ptr<transport_settings>);

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

 private:
  void choose(const url& to, bool local);

  std::shared_ptr<transport_settings> settings_;
  std::variant<tcp_transport, tls_transport, local_transport> chosen_;
};

static_assert(transport<any_transport>);

}  // namespace wsx
