#include "tls_context.hpp"

#include <wsx/error.hpp>
#include <wsx/transport/strand.hpp>
#include <wsx/transport/tcp.hpp>
#include <wsx/transport/tls.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

namespace wsx {

namespace {

struct free_ssl {
  void operator()(SSL* s) const noexcept { SSL_free(s); }
};

bool would_block(std::error_code error) noexcept {
  return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace

// OpenSSL drives the non-blocking socket itself, through a BIO that reads and writes the TCP
// transport: no byte is copied through a second buffer, and what can't be done at once shows as
// "want read" or "want write".
struct tls_transport::state {
  state(asio::any_io_executor executor, std::shared_ptr<transport_settings> s)
      : serial(as_strand(std::move(executor))), tcp(serial, s), settings(std::move(s)) {}

  std::error_code prepare(const url& to, diagnostics& d);
  bool expect_name(const url& to, diagnostics& d);
  bool attach_socket();
  asio::awaitable<std::error_code> shake_hands(diagnostics& d);
  std::error_code handshake_error(std::error_code cause, diagnostics& d);
  std::error_code judge(int result, io_direction& wants) noexcept;

  strand serial;
  tcp_transport tcp;
  std::shared_ptr<transport_settings> settings;
  std::shared_ptr<tls_context> context{};
  std::unique_ptr<SSL, free_ssl> ssl{};
  std::error_code socket_error{};  // of the socket's last read or write

  // What a read or write waits for: with TLS a read may have to write first, and the reverse.
  io_direction read_wants = io_direction::read;
  io_direction write_wants = io_direction::write;

  // Why nothing more can be read. OpenSSL says it once, perhaps behind the last bytes; the socket
  // need not tell any more of it.
  std::error_code read_end{};

  int refused_error = X509_V_OK;
  int refused_depth = 0;
  std::array<char, 512> refused_subject{};  // no string: filled within a callback of OpenSSL
};

namespace {

// The BIO. Its data is the TCP transport and where to leave a socket's error.
struct socket_link {
  tcp_transport* tcp;
  std::error_code* error;
};

int finish_io(BIO* bio, const io_result& result, std::error_code& error, void (*retry)(BIO*)) {
  BIO_clear_retry_flags(bio);
  error = result.error;
  if (!result.error) return static_cast<int>(result.bytes);
  if (would_block(result.error)) retry(bio);
  return result.error == asio::error::eof ? 0 : -1;
}

int bio_read(BIO* bio, char* target, int size) {
  const auto& link = *static_cast<socket_link*>(BIO_get_data(bio));
  const auto room = std::as_writable_bytes(std::span(target, static_cast<std::size_t>(size)));
  return finish_io(bio, link.tcp->read_some(room), *link.error,
                   [](BIO* b) { BIO_set_retry_read(b); });
}

int bio_write(BIO* bio, const char* source, int size) {
  const auto& link = *static_cast<socket_link*>(BIO_get_data(bio));
  const auto bytes = std::as_bytes(std::span(source, static_cast<std::size_t>(size)));
  return finish_io(bio, link.tcp->write_some(bytes), *link.error,
                   [](BIO* b) { BIO_set_retry_write(b); });
}

long bio_control(BIO* bio, int command, long, void*) {
  const auto& link = *static_cast<socket_link*>(BIO_get_data(bio));
  if (command == BIO_CTRL_EOF) return *link.error == asio::error::eof ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_destroy(BIO* bio) {
  delete static_cast<socket_link*>(BIO_get_data(bio));
  return 1;
}

BIO_METHOD* socket_bio() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wsx socket");
    if (m == nullptr) return m;
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_ctrl(m, bio_control);
    BIO_meth_set_destroy(m, bio_destroy);
    return m;
  }();
  return method;
}

}  // namespace

bool tls_transport::state::attach_socket() {
  BIO* const bio = socket_bio() != nullptr ? BIO_new(socket_bio()) : nullptr;
  if (bio == nullptr) return false;
  BIO_set_data(bio, new socket_link{&tcp, &socket_error});
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  return true;
}

// RFC 9525: the certificate must be made for the name, or the address, that was asked for, and say
// so as a subject alternative name.
bool tls_transport::state::expect_name(const url& to, diagnostics& d) {
  std::string name = settings->tls.server_name.empty() ? to.host : settings->tls.server_name;
  d.detail = name;
  if (name.find('\0') != std::string::npos) return false;
  SSL_set_hostflags(ssl.get(),
                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), name.c_str()) == 1) return true;
  ERR_clear_error();
  // The dot that ends an absolute name is for the resolver; neither certificates nor RFC 6066 3,
  // server name indication, have it. For an address there is no indication.
  if (name.ends_with('.')) name.pop_back();
  return SSL_set_tlsext_host_name(ssl.get(), name.c_str()) == 1 &&
         SSL_set1_host(ssl.get(), name.c_str()) == 1;
}

std::error_code tls_transport::state::prepare(const url& to, diagnostics& d) {
  std::error_code error;
  if (!settings->context) settings->context = tls_context::make(settings->tls, error, d);
  context = settings->context;
  if (!context) return error;

  ERR_clear_error();
  ssl.reset(SSL_new(context->native()));
  if (!ssl || !attach_socket()) {
    d.detail = take_openssl_error();
    return errc::tls_handshake_failed;
  }
  if (!expect_name(to, d)) return errc::invalid_option;
  SSL_set_app_data(ssl.get(), this);
  const auto note_refusal = [](int ok, X509_STORE_CTX* store) {
    if (ok == 1) return ok;
    const auto* const connection =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& self = *static_cast<state*>(SSL_get_app_data(connection));
    self.refused_error = X509_STORE_CTX_get_error(store);
    self.refused_depth = X509_STORE_CTX_get_error_depth(store);
    auto& subject = self.refused_subject;
    if (X509* const certificate = X509_STORE_CTX_get_current_cert(store); certificate != nullptr)
      X509_NAME_oneline(X509_get_subject_name(certificate), subject.data(),
                        static_cast<int>(subject.size()));
    return ok;
  };
  if (settings->tls.verify) {
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, note_refusal);
  } else {
    SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);
  }
  return {};
}

// What OpenSSL means by `result`: would_block (then `wants` says what to wait for), eof, the
// socket's own error, or tls_failed.
std::error_code tls_transport::state::judge(int result, io_direction& wants) noexcept {
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ: wants = io_direction::read; return asio::error::would_block;
    case SSL_ERROR_WANT_WRITE: wants = io_direction::write; return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN: return asio::error::eof;
    case SSL_ERROR_SYSCALL:
      return socket_error && !would_block(socket_error) ? socket_error
                                                        : make_error_code(errc::tls_failed);
    default: return errc::tls_failed;
  }
}

asio::awaitable<std::error_code> tls_transport::state::shake_hands(diagnostics& d) {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl.get());
    if (result == 1) co_return std::error_code();
    io_direction wants = io_direction::read;
    const auto error = judge(result, wants);
    if (!would_block(error)) co_return handshake_error(error, d);
    if (const auto failed = co_await tcp.ready(wants)) co_return failed;
  }
}

std::error_code tls_transport::state::handshake_error(std::error_code cause, diagnostics& d) {
  d.detail = take_openssl_error();
  if (refused_error != X509_V_OK) {
    d.detail = X509_verify_cert_error_string(refused_error);
    d.certificate_error = refused_error;
    d.certificate_depth = refused_depth;
    d.certificate_subject = refused_subject.data();
    return errc::certificate_rejected;
  }
  if (cause == asio::error::eof) d.detail = "the server ended the connection";
  const bool of_tls = cause == errc::tls_failed || cause == asio::error::eof;
  return of_tls ? make_error_code(errc::tls_handshake_failed) : cause;
}

tls_transport::tls_transport(asio::any_io_executor executor,
                             std::shared_ptr<transport_settings> settings)
    : state_(std::make_unique<state>(std::move(executor), std::move(settings))) {}

tls_transport::~tls_transport() = default;

asio::awaitable<std::error_code> tls_transport::connect(const url& to, diagnostics& d) {
  if (!to.secure()) {
    d.detail = "ws needs a transport without TLS";
    co_return errc::unsupported_scheme;
  }
  // Before dialing: bad certificates of ours should not cost a connection.
  if (const auto error = state_->prepare(to, d)) co_return error;
  if (const auto error = co_await state_->tcp.dial(to, d)) co_return error;
  co_return co_await state_->shake_hands(d);
}

io_result tls_transport::read_some(std::span<std::byte> room) noexcept {
  if (state_->read_end) return {0, state_->read_end};
  io_result result;
  while (result.bytes < room.size()) {
    std::size_t count = 0;
    ERR_clear_error();
    const int ok = SSL_read_ex(state_->ssl.get(), room.data() + result.bytes,
                               room.size() - result.bytes, &count);
    result.bytes += count;
    if (ok == 1) continue;
    const auto error = state_->judge(ok, state_->read_wants);
    if (!would_block(error)) state_->read_end = error;
    if (result.bytes == 0) result.error = error;  // otherwise the next read has it
    break;
  }
  return result;
}

io_result tls_transport::write_some(bytes_view bytes) noexcept {
  io_result result;
  while (result.bytes < bytes.size()) {
    std::size_t count = 0;
    ERR_clear_error();
    const int ok = SSL_write_ex(state_->ssl.get(), bytes.data() + result.bytes,
                                bytes.size() - result.bytes, &count);
    result.bytes += count;
    if (ok == 1) continue;
    const auto error = state_->judge(ok, state_->write_wants);
    if (result.bytes == 0) result.error = error;
    break;
  }
  return result;
}

void tls_transport::async_wait(io_direction direction, wait_handler ready) {
  if (direction == io_direction::read && state_->read_end) {
    auto at_once = [r = std::move(ready)] { r(std::error_code()); };
    return asio::post(state_->serial, std::move(at_once));
  }
  state_->tcp.async_wait(direction == io_direction::read ? state_->read_wants : state_->write_wants,
                         std::move(ready));
}

void tls_transport::shutdown() noexcept {
  if (state_->ssl && SSL_is_init_finished(state_->ssl.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(state_->ssl.get());
    ERR_clear_error();
  }
  state_->tcp.shutdown();
}

void tls_transport::close() noexcept {
  state_->tcp.close();
}

std::string tls_transport::peer_endpoint() const {
  return state_->tcp.peer_endpoint();
}
std::string tls_transport::local_endpoint() const {
  return state_->tcp.local_endpoint();
}

}  // namespace wsx
