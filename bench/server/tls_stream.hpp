#pragma once

#include "../common/openssl.hpp"
#include "stream.hpp"

#include <wsx/testing/certificates.hpp>

#include <memory>

namespace bench {

/// A context for TLS 1.2 and 1.3 with that certificate.
ssl_context_ptr make_server_context(const wsx::testing::certificate& own);

/// The TLS handshake happens within the first reads.
std::unique_ptr<stream> make_tls_stream(SSL_CTX& context, descriptor socket);

}  // namespace bench
