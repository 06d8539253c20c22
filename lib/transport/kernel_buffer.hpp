#pragma once

#include <wsx/config.hpp>

#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <optional>

// What the kernel buffers of a connection's bytes.
namespace wsx {

/// Limits how much the kernel buffers before sending, if the system supports that. Otherwise it
/// holds megabytes of unsent data. On a slow link a ping would wait behind all of it, and a full
/// socket would have no space for minutes. There is no error: the limit is optional.
void bound_unsent(asio::ip::tcp::socket& socket) noexcept;

/// Returns the number of written bytes that the peer's kernel has not acknowledged; nothing if that
/// is unknown.
std::optional<std::size_t> unacknowledged(asio::ip::tcp::socket& socket) noexcept;

}  // namespace wsx
