#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>
#include <wsx/transport/transport.hpp>

#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <system_error>

namespace wsx {

/// A unix-domain socket of this host; speaks `ws+unix`. Where the system has none, `connect` fails
/// with `asio::error::operation_not_supported`.
///
/// While the server's queue is full, which POSIX calls `EAGAIN`, `connect` tries again until it is
/// closed.
class local_transport {
 public:
  WSX_API local_transport(asio::any_io_executor executor, std::shared_ptr<transport_settings>);
  WSX_API ~local_transport();
  local_transport(const local_transport&) = delete;
  local_transport& operator=(const local_transport&) = delete;

  WSX_API asio::awaitable<std::error_code> connect(const url& to, diagnostics& d);
  WSX_API std::error_code adopt(const url& to, connected_socket&& socket, diagnostics& d);
  WSX_API io_result read_some(std::span<std::byte> room) noexcept;
  WSX_API io_result write_some(bytes_view bytes) noexcept;
  WSX_API void async_wait(io_direction direction, wait_handler ready);
  WSX_API void shutdown() noexcept;
  WSX_API void close() noexcept;
  WSX_API std::string peer_endpoint() const;
  WSX_API std::string local_endpoint() const;

 private:
  asio::awaitable<std::error_code> try_path(const url& to, const dial_options& how, diagnostics& d);

  asio::generic::stream_protocol::socket socket_;  // on the strand's inner executor, as TCP's
  std::shared_ptr<transport_settings> settings_;   // until `connect`
  std::shared_ptr<asio::steady_timer> retry_{};    // what `close` has to end
  bool adopted_ = false;
  bool closed_ = false;
};

static_assert(transport<local_transport>);

}  // namespace wsx
