#pragma once

#include <wsx/tls_options.hpp>

#include <openssl/ssl.h>

#include <string>

namespace wsx {

/// Sets what connections of the context offer: versions, ciphers, application protocols. Returns
/// false with a phrase for people in `what` if an option is out of range.
bool apply_settings(SSL_CTX* context, const tls_options& options, std::string& what);

}  // namespace wsx
