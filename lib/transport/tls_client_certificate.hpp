#pragma once

#include <wsx/tls_options.hpp>

#include <openssl/ssl.h>

#include <string>

namespace wsx {

/// Sets the client's certificate and key. Returns false with a phrase for people in `what` if they
/// can't be read, or don't belong together.
bool use_client_certificate(SSL_CTX* context, const tls_client_certificate& own, std::string& what);

}  // namespace wsx
