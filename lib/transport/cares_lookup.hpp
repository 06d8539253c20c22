#pragma once

#include "lookup.hpp"

namespace wsx {

/// Makes a lookup by c-ares: asynchronous, and by resolv.conf and the hosts file.
std::shared_ptr<lookup> make_cares_lookup(const strand& s, std::string host, std::uint16_t port);

}  // namespace wsx
