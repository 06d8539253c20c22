#pragma once

#include <wsx/config.hpp>

#include <wsx/bytes.hpp>
#include <wsx/system_error.hpp>
#include <wsx/tls_info.hpp>
#include <wsx/tls_options.hpp>
#include <wsx/transport/strand.hpp>
#include <wsx/url.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace wsx {

/// The result of one attempt to read or write. `error` is `asio::error::would_block` if nothing
/// could be done without waiting, and `asio::error::eof` if the peer will send nothing more.
struct io_result {
  std::size_t bytes = 0;
  std::error_code error{};
};

enum class io_direction { read, write };

class tls_context;
struct dial_options;

/// A connected socket that a transport is to use; see `client_base::connect`.
using connected_socket = asio::generic::stream_protocol::socket;

/// State that all connections of a client share.
struct transport_settings {
  std::shared_ptr<const tls_options> tls{};
  std::shared_ptr<tls_context> context{};       ///< made from `tls` when first needed
  std::shared_ptr<const dial_options> dial{};   ///< null: the defaults; `prepare` is not used
  std::unique_ptr<connected_socket> adopted{};  ///< for the next attempt; not for the transport
};

/// Is notified when a transport may be ready.
class readiness_listener {
 public:
  /// `connection` is the number that the `wait_handler` was made with.
  virtual void on_ready(io_direction direction, std::uint32_t connection,
                        std::error_code error) = 0;

  /// Returns the strand that the listener must be called on.
  virtual const strand& serial() const noexcept = 0;

 protected:
  ~readiness_listener() = default;
};

/// The handler that a transport calls when it may be ready; the error is set if waiting itself
/// failed. Keeps its listener alive, and allocates nothing.
class wait_handler {
 public:
  wait_handler(std::shared_ptr<readiness_listener> listener, io_direction direction,
               std::uint32_t connection) noexcept
      : listener_(std::move(listener)), direction_(direction), connection_(connection) {}

  void operator()(std::error_code error) const {
    listener_->on_ready(direction_, connection_, error);
  }

  /// Returns the listener's strand, which lives as long as a copy of this handler.
  const strand& serial() const noexcept { return listener_->serial(); }

 private:
  std::shared_ptr<readiness_listener> listener_;
  io_direction direction_;
  std::uint32_t connection_;
};

/// Moves the bytes of one connection. A transport is made per connection and used on one strand,
/// and it never blocks. `read_some` and `write_some` do what is possible at once; `async_wait`
/// notifies when more is.
///
/// - `connect` resolves and connects, with TLS if the transport has it. It keeps the diagnostics'
///   `stage` and `tried` up to date, and describes a failure in `detail`. `close` makes it fail
///   soon.
/// - `read_some` fills the buffer with the bytes that have arrived; fewer than asked for means that
///   there are no more for now.
/// - `write_some` takes as many bytes as it can. It counts those that the peer can read without any
///   more data (over TLS: whole records). The others are offered again at the start of the next
///   call, since the transport may have begun to write them.
/// - `async_wait` calls its handler once, on the executor, when the last attempt in that direction
///   is worth repeating. At most one wait per direction. The handler must not be called from within
///   `async_wait`.
/// - `shutdown` tells the peer that nothing more will be written (TLS close_notify, TCP FIN), as
///   far as that is possible without waiting.
/// - `close` ends the connection at once; waits complete with an error. Neither `close` nor the
///   cancellation of `connect` completes anything before it returns: completions follow later, on
///   the executor.
/// - `std::error_code adopt(const url&, connected_socket&&, diagnostics&)` is optional. It is
/// called
///   before `connect`, which then uses that socket in place of resolving and connecting. Without
///   it, clients can't connect with a socket of their owner.
/// - `std::size_t committed() const` is optional. It returns how many of the bytes that
///   `write_some` did not count must be offered again unchanged. Without it, there are none.
/// - `std::optional<std::size_t> unacknowledged()` is optional. It returns how many of the written
///   bytes the peer's system has not confirmed. Without it, the number is unknown.
/// - `std::string error_detail() const` is optional. It says more about why the connection failed
///   than the error code does, such as which TLS alert arrived. Empty if nothing more is known.
/// - `std::optional<tls_info> tls() const` is optional. It describes the TLS of the open
///   connection. Without it, or without a value, there is none.
template <class T>
concept transport =
    std::constructible_from<T, asio::any_io_executor, std::shared_ptr<transport_settings>> &&
    requires(T t, const T c, const url& to, diagnostics& d, std::span<std::byte> room,
             bytes_view bytes, wait_handler ready) {
  { t.connect(to, d) } -> std::same_as<asio::awaitable<std::error_code>>;
  { t.read_some(room) }
  noexcept->std::same_as<io_result>;
  { t.write_some(bytes) }
  noexcept->std::same_as<io_result>;
  t.async_wait(io_direction::read, std::move(ready));
  { t.shutdown() }
  noexcept;
  { t.close() }
  noexcept;
  { c.peer_endpoint() } -> std::same_as<std::string>;
  { c.local_endpoint() } -> std::same_as<std::string>;
};

}  // namespace wsx
