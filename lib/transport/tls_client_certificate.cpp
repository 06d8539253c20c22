#include "tls_client_certificate.hpp"

#include "../protocol/display.hpp"
#include "openssl_pointers.hpp"
#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <algorithm>
#include <optional>

namespace wsx {

namespace {

constexpr std::string_view mismatch =
    "tls_options::certificate: the key is not that of the certificate";

// Where a certificate or a key is, and what it is called in an error.
struct pem_source {
  pem_source(const std::string& file, const std::string& pem, std::string_view name) {
    option = "tls_options::certificate." + std::string(name);
    option += file.empty() ? "_pem" : "_file " + protocol::quote(file, 200);
    bio.reset(file.empty() ? BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))
                           : BIO_new_file(file.c_str(), "r"));
  }

  std::string option{};
  bio_pointer bio{};
};

// Gives OpenSSL the passphrase. Without one it would ask on the terminal.
class passphrase {
 public:
  explicit passphrase(const shared_function<std::string()>& get) : get_(get) {}

  bool asked() const noexcept { return asked_; }

  static int give(char* room, int size, int, void* self) noexcept {
    auto& p = *static_cast<passphrase*>(self);
    p.asked_ = true;
    try {
      if (!p.get_) return -1;
      if (!p.text_) p.text_ = p.get_();
      if (p.text_->size() > static_cast<std::size_t>(size)) return -1;
      std::ranges::copy(*p.text_, room);
      return static_cast<int>(p.text_->size());
    } catch (...) {
      return -1;
    }
  }

  // Why a key can't be read.
  std::string describe() const {
    const std::string reason = take_openssl_error();
    if (!asked_) return " can't be read: " + reason;
    return get_ ? " can't be decrypted: the passphrase is wrong"
                : " is encrypted, and has no passphrase";
  }

  ~passphrase() {
    if (text_) OPENSSL_cleanse(text_->data(), text_->size());
  }
  passphrase(const passphrase&) = delete;
  passphrase& operator=(const passphrase&) = delete;

 private:
  const shared_function<std::string()>& get_;
  std::optional<std::string> text_{};
  bool asked_ = false;
};

// The first certificate is the client's own, the others lead to its authority.
bool use_chain(SSL_CTX* context, pem_source& from, std::string& what) {
  std::size_t count = 0;
  bool used = true;
  while (from.bio && used) {
    x509_pointer next(PEM_read_bio_X509(from.bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    used = count++ == 0 ? SSL_CTX_use_certificate(context, next.get()) == 1
                        : SSL_CTX_add0_chain_cert(context, next.get()) == 1 && next.release();
  }
  const auto last = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  if (count > 0 && used && at_end) {
    ERR_clear_error();
    return true;
  }
  what =
      from.option + (from.bio && count == 0 && at_end ? " has no certificate"
                                                      : " can't be read: " + take_openssl_error());
  ERR_clear_error();
  return false;
}

bool use_key(SSL_CTX* context, pem_source& from, passphrase& secret, std::string& what) {
  key_pointer key;
  if (from.bio)
    key.reset(PEM_read_bio_PrivateKey(from.bio.get(), nullptr, &passphrase::give, &secret));
  if (!key) {
    what = from.option + secret.describe();
    return false;
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) == 1) return true;
  ERR_clear_error();
  what = mismatch;
  return false;
}

bool use_store(SSL_CTX* context, const std::string& uri, passphrase& secret, std::string& what) {
  const std::string option = "tls_options::certificate.uri " + protocol::quote(uri, 200);
  const std::unique_ptr<UI_METHOD, decltype(&UI_destroy_method)> ask(
      UI_UTIL_wrap_read_pem_callback(&passphrase::give, 0), &UI_destroy_method);
  const std::unique_ptr<OSSL_STORE_CTX, decltype(&OSSL_STORE_close)> store(
      OSSL_STORE_open(uri.c_str(), ask.get(), &secret, nullptr, nullptr), &OSSL_STORE_close);
  bool has_certificate = false;
  bool has_key = false;
  bool used = store != nullptr;
  while (used && OSSL_STORE_eof(store.get()) != 1) {
    const std::unique_ptr<OSSL_STORE_INFO, decltype(&OSSL_STORE_INFO_free)> found(
        OSSL_STORE_load(store.get()), &OSSL_STORE_INFO_free);
    if (!found) {
      // OpenSSL reports the end as an error, too.
      used = OSSL_STORE_error(store.get()) != 1 || OSSL_STORE_eof(store.get()) == 1;
      continue;
    }
    if (auto* key = OSSL_STORE_INFO_get0_PKEY(found.get())) {
      used = SSL_CTX_use_PrivateKey(context, key) == 1;
      has_key = true;
    } else if (auto* certificate = OSSL_STORE_INFO_get0_CERT(found.get())) {
      used = has_certificate ? SSL_CTX_add1_chain_cert(context, certificate) == 1
                             : SSL_CTX_use_certificate(context, certificate) == 1;
      has_certificate = true;
    }
  }
  if (used && has_certificate && has_key) return true;
  const bool incomplete = used && (has_key || has_certificate);
  what = option;
  what +=
      incomplete ? (has_key ? " has no certificate" : " has no private key") : secret.describe();
  ERR_clear_error();
  return false;
}

}  // namespace

bool use_client_certificate(SSL_CTX* context, const tls_client_certificate& own,
                            std::string& what) {
  passphrase secret(own.passphrase);
  const bool has_chain = !own.chain_file.empty() || !own.chain_pem.empty();
  const bool has_key = !own.key_file.empty() || !own.key_pem.empty();
  if (!own.uri.empty()) {
    if (!use_store(context, own.uri, secret, what)) return false;
  } else if (has_chain) {
    pem_source chain(own.chain_file, own.chain_pem, "chain");
    if (!use_chain(context, chain, what)) return false;
    pem_source key(has_key ? own.key_file : own.chain_file, has_key ? own.key_pem : own.chain_pem,
                   has_key ? "key" : "chain");
    if (!use_key(context, key, secret, what)) return false;
  } else {
    if (has_key) what = "tls_options::certificate has a key and no certificate";
    return !has_key;
  }
  const bool matches = SSL_CTX_check_private_key(context) == 1;
  ERR_clear_error();  // a store leaves some even if it was read
  if (matches) return true;
  what = mismatch;
  return false;
}

}  // namespace wsx
