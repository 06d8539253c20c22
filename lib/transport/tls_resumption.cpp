#include "tls_resumption.hpp"

#include <cstddef>
#include <new>
#include <utility>

namespace wsx {

namespace {

// Tickets have a few hundred bytes, or some thousand with a client's certificate; a server may send
// up to 64 KiB.
constexpr std::size_t max_ticket = 4096;

// Where an OpenSSL connection stores its `tls_resumption`.
int place() noexcept {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

void tls_resumption::enable(SSL_CTX* context) noexcept {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, on_new_session);
}

void tls_resumption::begin(SSL* ssl, tls_session_store& store, std::string server) {
  store_ = &store;
  server_ = std::move(server);
  begun_ = tls_session_store::clock::now();
  kept_ = false;
  SSL_set_ex_data(ssl, place(), this);
  const resumable_session offered = store.take(server_, begun_);
  offered_verified_ = offered.verified;
  offered_ = offered.session && SSL_set_session(ssl, offered.session.get()) == 1;
}

// With TLS 1.2 a session can be resumed many times, and there is not always a new one.
void tls_resumption::established(SSL* ssl) {
  if (kept_ || SSL_session_reused(ssl) != 1 || SSL_version(ssl) != TLS1_2_VERSION) return;
  keep(ssl, tls_session_ptr(SSL_get1_session(ssl)));
}

// Returns whether it took ownership of the session.
int tls_resumption::on_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  auto* const self = static_cast<tls_resumption*>(SSL_get_ex_data(ssl, place()));
  if (self == nullptr || !self->wanted(session)) return 0;
  try {
    self->keep(ssl, tls_session_ptr(session));
  } catch (const std::bad_alloc&) {
    // There will be nothing to resume.
  }
  return 1;
}

bool tls_resumption::wanted(SSL_SESSION* session) const noexcept {
  const unsigned char* ticket = nullptr;
  std::size_t size = 0;
  SSL_SESSION_get0_ticket(session, &ticket, &size);
  return !kept_ && size <= max_ticket && SSL_SESSION_is_resumable(session) == 1;
}

void tls_resumption::keep(SSL* ssl, tls_session_ptr session) {
  kept_ = true;
  const bool resumed = SSL_session_reused(ssl) == 1;
  store_->put(std::move(server_),
              {.session = std::move(session), .verified = resumed ? offered_verified_ : begun_});
}

}  // namespace wsx
