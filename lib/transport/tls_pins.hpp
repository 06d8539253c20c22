#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

namespace wsx {

/// Returns whether a certificate of the verified chain has one of the keys: the server's own one if
/// nothing was verified. `pins`: see `tls_options::pins`.
bool has_pinned_key(const SSL* ssl, const std::vector<std::string>& pins, bool verified);

/// Returns the pin of the server's own certificate.
std::string own_pin(const SSL* ssl);

}  // namespace wsx
