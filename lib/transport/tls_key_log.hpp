#pragma once

#include <openssl/ssl.h>

#include <string>

namespace wsx {

/// Appends the secrets of the context's connections to a file that only its owner may read. Returns
/// false with a phrase for people in `what` if it can't be opened.
bool log_keys(SSL_CTX* context, const std::string& path, std::string& what);

}  // namespace wsx
