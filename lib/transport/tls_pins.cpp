#include "tls_pins.hpp"

#include "../protocol/base64.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

namespace wsx {

namespace {

// RFC 7469 2.4.
std::string pin_of(const X509* certificate) {
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
  if (size <= 0) return {};
  const auto free = [](unsigned char* p) { OPENSSL_free(p); };
  const std::unique_ptr<unsigned char, decltype(free)> owner(encoded, free);
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(encoded, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(),
                 nullptr) != 1)
    return {};
  return protocol::base64(std::as_bytes(std::span(digest)));
}

bool is_pinned(const X509* certificate, const std::vector<std::string>& pins) {
  const std::string pin = certificate == nullptr ? std::string() : pin_of(certificate);
  return !pin.empty() && std::ranges::find(pins, pin) != pins.end();
}

}  // namespace

bool has_pinned_key(const SSL* ssl, const std::vector<std::string>& pins, bool verified) {
  if (!verified) return is_pinned(SSL_get0_peer_certificate(ssl), pins);
  // The server may send others, too, which lead nowhere.
  const STACK_OF(X509)* const chain = SSL_get0_verified_chain(ssl);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    if (is_pinned(sk_X509_value(chain, i), pins)) return true;
  }
  return false;
}

std::string own_pin(const SSL* ssl) {
  const X509* const own = SSL_get0_peer_certificate(ssl);
  return own == nullptr ? std::string() : pin_of(own);
}

}  // namespace wsx
