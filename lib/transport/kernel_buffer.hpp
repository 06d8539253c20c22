#pragma once

#include <wsx/config.hpp>

#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <optional>

// What the kernel keeps of a connection's bytes.
namespace wsx {

/// Makes the kernel take less in advance, where it can be told: otherwise it holds megabytes that
/// it has not sent. On a slow link a ping would wait behind all of that, and a full socket would
/// have no room for minutes. No error: it goes without, too.
void bound_unsent(asio::ip::tcp::socket& socket) noexcept;

/// The written bytes that the peer's kernel has not acknowledged; nothing where nobody knows.
std::optional<std::size_t> unacknowledged(asio::ip::tcp::socket& socket) noexcept;

}  // namespace wsx
