#include "tls_settings.hpp"

#include "../protocol/display.hpp"
#include "tls_context.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace wsx {

namespace {

int number_of(tls_version version) noexcept {
  return version == tls_version::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

bool fail(std::string_view option, std::string_view why, std::string& what) {
  (void)take_openssl_error();
  what = std::string("tls_options::").append(option).append(why);
  return false;
}

// RFC 7301 3.1: each name with its length, one byte.
bool offer_protocols(SSL_CTX* context, const std::vector<std::string>& names, std::string& what) {
  std::string list;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 255)
      return fail("alpn", " has a name that is not of 1 to 255 bytes", what);
    list += static_cast<char>(static_cast<unsigned char>(name.size()));
    list += name;
  }
  // Unlike other functions it returns 0 for success.
  const auto* const bytes = reinterpret_cast<const unsigned char*>(list.data());
  if (list.empty() ||
      SSL_CTX_set_alpn_protos(context, bytes, static_cast<unsigned int>(list.size())) == 0)
    return true;
  return fail("alpn", " is not accepted by OpenSSL", what);
}

// 32 bytes in Base64.
bool is_pin(std::string_view text) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return text.size() == 44 && text.ends_with('=') &&
         text.substr(0, 43).find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

bool apply_settings(SSL_CTX* context, const tls_options& options, std::string& what) {
  if (options.min_version > options.max_version)
    return fail("min_version", " is above max_version", what);
  if (SSL_CTX_set_min_proto_version(context, number_of(options.min_version)) != 1 ||
      SSL_CTX_set_max_proto_version(context, number_of(options.max_version)) != 1)
    return fail("min_version", " and max_version are not accepted by OpenSSL", what);
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1)
    return fail("ciphers", ' ' + protocol::quote(options.ciphers) + " has none that OpenSSL knows",
                what);
  if (!options.cipher_suites.empty() &&
      SSL_CTX_set_ciphersuites(context, options.cipher_suites.c_str()) != 1)
    return fail(
        "cipher_suites",
        ' ' + protocol::quote(options.cipher_suites) + " has one that OpenSSL does not know", what);
  for (std::size_t i = 0; i < options.pins.size(); ++i) {
    if (!is_pin(options.pins[i]))
      return fail("pins", '[' + std::to_string(i) + "] is not a SHA-256 in Base64", what);
  }
  return offer_protocols(context, options.alpn, what);
}

}  // namespace wsx
