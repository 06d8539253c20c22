#pragma once

#include <wsx/config.hpp>

#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <vector>

namespace wsx {

/// Limits the addresses that are tried, since a name may have any number of them.
inline constexpr std::size_t max_addresses = 32;

/// Puts addresses in the order in which to try them. RFC 8305 4: the families take turns, IPv6
/// first. Within a family the resolver's order stays (RFC 6724). Those that appear again are left
/// out.
std::vector<asio::ip::tcp::endpoint> interleave_families(
    const std::vector<asio::ip::tcp::endpoint>& found);

}  // namespace wsx
