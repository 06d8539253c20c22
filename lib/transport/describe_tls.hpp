#pragma once

#include <wsx/tls_info.hpp>

#include <openssl/ssl.h>

#include <optional>

namespace wsx {

/// Returns what the handshake agreed on; nothing before its end.
std::optional<tls_info> describe_tls(const SSL* ssl);

}  // namespace wsx
