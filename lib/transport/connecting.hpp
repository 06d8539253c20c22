#pragma once

#include <wsx/config.hpp>

#include <asio/ip/tcp.hpp>

#include <system_error>

namespace wsx {

/// Makes a non-blocking socket and begins to connect it. None if that is done already, which is so
/// with a server on this host: then nobody need wait for it. `asio::error::in_progress` if it takes
/// its time.
std::error_code begin_connect(asio::ip::tcp::socket& socket, const asio::ip::tcp::endpoint& to);

/// How it stands with that; to be asked again when the socket can be written.
std::error_code connect_result(asio::ip::tcp::socket& socket);

}  // namespace wsx
