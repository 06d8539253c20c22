#pragma once

#include <openssl/ssl.h>

#include <string>

namespace wsx {

/// Makes the connection send the name as SNI (RFC 6066 3). It then accepts only a certificate with
/// that name or address as a subject alternative name (RFC 9525). Returns false if `name` is
/// neither a host name nor an address, or without memory.
bool expect_identity(SSL* ssl, std::string name);

}  // namespace wsx
