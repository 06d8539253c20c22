#pragma once

#include <wsx/config.hpp>

#include <wsx/bytes.hpp>
#include <wsx/system_error.hpp>
#include <wsx/tls_options.hpp>
#include <wsx/transport/strand.hpp>
#include <wsx/url.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace wsx {

/// What one attempt to read or write came to. `error` is `asio::error::would_block` if nothing
/// could be done without waiting, `asio::error::eof` if the peer will send nothing more.
struct io_result {
  std::size_t bytes = 0;
  std::error_code error{};
};

enum class io_direction { read, write };

class tls_context;

/// What all connections of one client share.
struct transport_settings {
  std::shared_ptr<const tls_options> tls{};
  std::shared_ptr<tls_context> context{};  ///< made of `tls` when first needed
};

/// Learns that a transport may be ready.
class readiness_listener {
 public:
  /// `connection` is the number that the `wait_handler` was made with.
  virtual void on_ready(io_direction direction, std::uint32_t connection,
                        std::error_code error) = 0;

  /// The strand that it is to be called on.
  virtual const strand& serial() const noexcept = 0;

 protected:
  ~readiness_listener() = default;
};

/// What a transport calls when it may be ready; the error is set if waiting itself failed. Keeps
/// its listener alive, and costs no memory of its own.
class wait_handler {
 public:
  wait_handler(std::shared_ptr<readiness_listener> listener, io_direction direction,
               std::uint32_t connection) noexcept
      : listener_(std::move(listener)), direction_(direction), connection_(connection) {}

  void operator()(std::error_code error) const {
    listener_->on_ready(direction_, connection_, error);
  }

  /// The listener's strand; lives as long as a copy of this.
  const strand& serial() const noexcept { return listener_->serial(); }

 private:
  std::shared_ptr<readiness_listener> listener_;
  io_direction direction_;
  std::uint32_t connection_;
};

/// Moves the bytes of one connection. A transport is made for each connection, is used on one
/// strand, and never blocks: `read_some` and `write_some` do what can be done at once, `async_wait`
/// tells when more can.
///
/// - `connect` resolves and connects, with TLS if the transport has any. It keeps the diagnostics'
///   `stage` and `tried` up to date as it goes on; what is known about a failure goes into
///   `detail`. `close` makes it fail soon.
/// - `read_some` fills the buffer as far as bytes are there: fewer than asked for means that no
///   more are there for now. `write_some` takes as many as it can, and counts those that it has
///   handed to the system in such a form that the peer can read them without any more (over TLS: in
///   whole records). The others are offered again, as the first of the next call: it may have
///   begun with them.
/// - `async_wait` calls its handler once, on the executor, when the last attempt in that direction
///   is worth repeating. At most one wait a direction. The handler must not be called from within
///   `async_wait`.
/// - `shutdown` says that nothing more will be written (TLS close_notify, TCP FIN), as far as that
///   works without waiting.
/// - `close` ends the connection at once; waits end with an error.
/// - `std::size_t committed() const`, which a transport need not have, says how many of the bytes
///   that `write_some` did not count must be offered again as they were. Without it, none.
/// - `std::optional<std::size_t> unacknowledged()`, which a transport need not have, says how many
///   of the bytes that it has written the peer's system has not confirmed. Without it, nobody
///   knows.
/// - `std::string error_detail() const`, which a transport need not have, says more about how its
///   connection failed than the error code does: which TLS alert came. Empty if it knows no more.
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
