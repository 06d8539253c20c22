#pragma once

#include <openssl/ssl.h>

#include <string>

namespace wsx {

/// Makes the connection ask for the name by SNI (RFC 6066 3), and take only a certificate that was
/// made for it, or for the address, and says so as a subject alternative name (RFC 9525). False if
/// it is neither a host name nor an address, or there is no memory.
bool expect_identity(SSL* ssl, std::string name);

}  // namespace wsx
