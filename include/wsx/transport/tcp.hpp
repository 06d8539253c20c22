#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>
#include <wsx/transport/transport.hpp>

#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

namespace wsx {

class dial_step;
class proxy_exchange;
class proxy_tls;
struct dial_options;
struct proxy;
struct socket_options;

/// TCP; speaks `ws`. By a proxy too, if the settings have one; between it and an `https` proxy is
/// TLS then.
class tcp_transport {
 public:
  WSX_API tcp_transport(asio::any_io_executor executor, std::shared_ptr<transport_settings>);
  WSX_API ~tcp_transport();
  tcp_transport(const tcp_transport&) = delete;
  tcp_transport& operator=(const tcp_transport&) = delete;

  WSX_API asio::awaitable<std::error_code> connect(const url& to, diagnostics& d);
  WSX_API std::error_code adopt(const url& to, connected_socket&& socket, diagnostics& d);
  WSX_API io_result read_some(std::span<std::byte> room) noexcept;
  WSX_API io_result write_some(bytes_view bytes) noexcept;
  WSX_API std::optional<std::size_t> unacknowledged() noexcept;
  WSX_API void async_wait(io_direction direction, wait_handler ready);
  WSX_API void shutdown() noexcept;
  WSX_API void close() noexcept;
  WSX_API std::string peer_endpoint() const;  ///< the proxy's, if there is one
  WSX_API std::string local_endpoint() const;
  WSX_API std::size_t committed() const noexcept;
  WSX_API std::string error_detail() const;

  /// Connects to the URL's host and port, whatever its scheme; for transports built on TCP. Without
  /// settings, it uses the defaults.
  WSX_API asio::awaitable<std::error_code> dial(
      const url& to, diagnostics& d, std::shared_ptr<const transport_settings> settings = {});

  /// Returns the executor that the transport was made on, or the inner one of a strand.
  asio::any_io_executor executor() { return socket_.get_executor(); }

  /// Returns whether it has a socket that was connected by others.
  bool adopted() const noexcept { return adopted_; }

  /// Completes when `async_wait` would call its handler.
  WSX_API asio::awaitable<std::error_code> ready(io_direction direction);

 private:
  using endpoints = std::vector<asio::ip::tcp::endpoint>;
  using clock = std::chrono::steady_clock;

  // The value of `full_since_` when the socket is not full, or nobody needs to look any more.
  static constexpr clock::time_point never{};
  static constexpr clock::time_point bounded = clock::time_point::max();

  void look_for_slow_link() noexcept;
  std::error_code set_up_connected(const socket_options& options, diagnostics& d);
  asio::awaitable<std::error_code> resolve(const url& to, const dial_options& how, endpoints& found,
                                           diagnostics& d);
  asio::awaitable<std::error_code> try_address(const asio::ip::tcp::endpoint& to,
                                               const dial_options& how, diagnostics& d);
  asio::awaitable<std::error_code> try_addresses(endpoints to, const dial_options& how,
                                                 diagnostics& d);

  // By a proxy: connects to it, and asks it for the way to the host.
  asio::awaitable<std::error_code> dial_by(const proxy& by, const url& to, diagnostics& d,
                                           const transport_settings& settings);
  asio::awaitable<std::error_code> make_exchange(const proxy& by, const url& to, diagnostics& d,
                                                 const transport_settings& settings,
                                                 std::unique_ptr<proxy_exchange>& made);
  asio::awaitable<std::error_code> ask_proxy(proxy_exchange& exchange, diagnostics& d);
  proxy_tls& tunnel() const noexcept;

  asio::ip::tcp::socket socket_;  // on the strand's inner executor: see `async_wait`
  std::shared_ptr<transport_settings> settings_;  // until `connect`
  std::shared_ptr<dial_step> step_{};             // what `close` has to end; or the tunnel
  clock::time_point full_since_ = never;
  bool adopted_ = false;
  bool closed_ = false;
  bool tunneled_ = false;  // `step_` is the TLS of a proxy, in place of the socket
};

static_assert(transport<tcp_transport>);

}  // namespace wsx
