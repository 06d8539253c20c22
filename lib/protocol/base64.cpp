#include "base64.hpp"

#include <openssl/evp.h>

namespace wsx::protocol {

std::string base64(bytes_view bytes) {
  // 4 characters per 3 bytes or part of them, and the NUL that OpenSSL adds.
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

}  // namespace wsx::protocol
