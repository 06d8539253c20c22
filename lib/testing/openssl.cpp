#include "openssl.hpp"

#include <wsx/testing/script_error.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>

namespace wsx::testing {
namespace {

bio_ptr read_bio(std::string_view bytes) {
  bio_ptr bio{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))};
  check_openssl(bio != nullptr, "cannot make a BIO");
  return bio;
}

bio_ptr write_bio() {
  bio_ptr bio{BIO_new(BIO_s_mem())};
  check_openssl(bio != nullptr, "cannot make a BIO");
  return bio;
}

std::string content(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

void throw_openssl_error(const std::string& what) {
  std::string message = what;
  while (const auto code = ERR_get_error()) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    message += std::string{": "} + text.data();
  }
  throw script_error(message);
}

x509_ptr read_certificate(std::string_view pem) {
  const auto bio = read_bio(pem);
  x509_ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
  check_openssl(certificate != nullptr, "no certificate in this PEM");
  return certificate;
}

key_ptr read_key(std::string_view pem) {
  const auto bio = read_bio(pem);
  key_ptr key{PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)};
  check_openssl(key != nullptr, "no private key in this PEM");
  return key;
}

std::string write_pem(X509* certificate) {
  const auto bio = write_bio();
  check_openssl(PEM_write_bio_X509(bio.get(), certificate) == 1, "cannot write a certificate");
  return content(bio.get());
}

std::string write_pem(EVP_PKEY* key) {
  const auto bio = write_bio();
  check_openssl(
      PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
      "cannot write a key");
  return content(bio.get());
}

}  // namespace wsx::testing
