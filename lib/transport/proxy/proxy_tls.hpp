#pragma once

#include "../dial_step.hpp"

#include <wsx/transport/tls.hpp>
#include <wsx/transport/transport.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace wsx {

/// The TLS to an `https` proxy, which carries the connection to the server: plain, or with TLS of
/// its own. It is to the TCP transport what its socket is otherwise.
class proxy_tls final : public dial_step {
 public:
  /// The settings are for the connection to the proxy.
  proxy_tls(asio::any_io_executor executor, std::shared_ptr<transport_settings> settings)
      : tls_(std::move(executor), std::move(settings)) {}

  asio::awaitable<std::error_code> connect(const url& proxy, diagnostics& d) {
    return tls_.connect(proxy, d);
  }

  io_result read_some(std::span<std::byte> room) noexcept;
  io_result write_some(bytes_view bytes) noexcept { return tls_.write_some(bytes); }
  void async_wait(io_direction direction, wait_handler ready);
  asio::awaitable<std::error_code> ready(io_direction direction);

  void shutdown() noexcept { tls_.shutdown(); }
  void cancel() noexcept override { tls_.close(); }

  std::size_t committed() const noexcept { return tls_.committed(); }
  std::optional<std::size_t> unacknowledged() noexcept { return tls_.unacknowledged(); }
  std::string error_detail() const { return tls_.error_detail(); }
  std::string peer_endpoint() const { return tls_.peer_endpoint(); }
  std::string local_endpoint() const { return tls_.local_endpoint(); }

 private:
  tls_transport tls_;
  bool more_ = false;  // what was read filled its room: OpenSSL may have more, the socket none
};

}  // namespace wsx
