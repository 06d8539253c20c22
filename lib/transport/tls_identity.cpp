#include "tls_identity.hpp"

#include "../protocol/host_name.hpp"

#include <asio/ip/address.hpp>
#include <openssl/x509v3.h>

#include <system_error>

namespace wsx {

namespace {

// As bytes: OpenSSL would accept text that continues after the address.
bool expect_address(SSL* ssl, const asio::ip::address& address) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return X509_VERIFY_PARAM_set1_ip(expected, bytes.data(), bytes.size()) == 1;
  }
  const auto bytes = address.to_v6().to_bytes();
  return X509_VERIFY_PARAM_set1_ip(expected, bytes.data(), bytes.size()) == 1;
}

}  // namespace

bool expect_identity(SSL* ssl, std::string name) {
  if (name.find('\0') != std::string::npos) return false;
  std::error_code no_address;
  const auto address = asio::ip::make_address(name.c_str(), no_address);
  if (!no_address) return expect_address(ssl, address);
  // OpenSSL would check nothing for an empty name, and accept any subdomain for a leading dot.
  if (!protocol::is_host_name(name)) return false;
  // The dot at the end of an absolute name is for the resolver: neither certificates nor SNI have
  // it.
  if (name.ends_with('.')) name.pop_back();
  SSL_set_hostflags(ssl,
                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 && SSL_set1_host(ssl, name.c_str()) == 1;
}

}  // namespace wsx
