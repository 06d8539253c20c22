#include "../protocol/display.hpp"
#include "../reset_by_peer.hpp"
#include "../would_block.hpp"
#include "describe_tls.hpp"
#include "openssl_pointers.hpp"
#include "tls_context.hpp"
#include "tls_failure.hpp"
#include "tls_identity.hpp"
#include "tls_pins.hpp"
#include "tls_records.hpp"
#include "tls_resumption.hpp"
#include "tls_share.hpp"
#include "tls_wire.hpp"

#include <wsx/error.hpp>
#include <wsx/transport/strand.hpp>
#include <wsx/transport/tcp.hpp>
#include <wsx/transport/tls.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace wsx {

namespace {

// The size that is encrypted at once: it leaves space for the overhead of each record of at most 16
// KiB, and for one more record, of OpenSSL's own.
constexpr std::size_t max_record = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr std::size_t max_batch = tls_records::most * max_record;
constexpr std::size_t max_encrypted_batch =
    max_batch + (tls_records::most + 1) * (SSL3_RT_HEADER_LENGTH + SSL3_RT_MAX_ENCRYPTED_OVERHEAD);
static_assert(max_encrypted_batch <= wire_buffer::capacity);

}  // namespace

// OpenSSL drives the non-blocking socket itself, through a wire that moves many records at once. An
// operation that can't be done at once shows as "want read" or "want write".
struct tls_transport::state {
  state(asio::any_io_executor executor, std::shared_ptr<transport_settings> s)
      : tcp(std::move(executor), nullptr), settings(std::move(s)) {}

  std::error_code find_context(diagnostics& d);
  std::error_code prepare(const url& to, diagnostics& d);
  std::error_code expect_server(const url& to, diagnostics& d);
  asio::awaitable<std::error_code> attempt(const url& to, diagnostics& d, bool resume);
  bool refused_resumption(std::error_code error) const noexcept;
  asio::awaitable<std::error_code> shake_hands(const url& to, diagnostics& d);
  std::error_code check_pins(diagnostics& d) const;
  std::error_code handshake_error(std::error_code cause, const url& to, diagnostics& d);
  const std::string& identity(const url& to) const noexcept;
  std::error_code judge(int result, io_direction& wants) noexcept;
  void note_failure() noexcept;
  std::error_code write_records(bytes_view bytes) noexcept;
  std::error_code encrypt(bytes_view batch) noexcept;
  void finish_reading() noexcept;
  void release_write_buffer() noexcept;

  // Returns whether OpenSSL or the wire has part of what the caller will offer again. Only
  // `write_some` may flush then, since it reports to the caller.
  bool writing() const noexcept { return committed() > 0; }

  // Returns how many of the caller's bytes OpenSSL or the wire has, which must be offered again
  // unchanged.
  std::size_t committed() const noexcept { return records.pending_data() + interrupted; }

  tcp_transport tcp;
  tls_wire wire{tcp};
  std::shared_ptr<transport_settings> settings;
  std::shared_ptr<tls_context> context{};
  tls_resumption resumption{};
  resumable_ssl_pointer ssl{};

  // What a read or write waits for: with TLS a read may have to write first, and vice versa.
  io_direction read_wants = io_direction::read;
  io_direction write_wants = io_direction::write;

  // The first bytes to write, which have been encrypted and not been written to the socket in whole
  // records.
  tls_records records{};
  // The bytes of a write that OpenSSL has begun: it must be continued with these bytes.
  std::size_t interrupted = 0;

  // Why nothing more can be read. OpenSSL reports it once, perhaps after the last bytes, and the
  // socket may not report it again.
  std::error_code read_end{};

  unsigned long failure = 0;  // OpenSSL's error that broke the connection

  int refused_error = X509_V_OK;
  int refused_depth = 0;
  x509_pointer refused{};
};

// Returns the name that the certificate must be for.
const std::string& tls_transport::state::identity(const url& to) const noexcept {
  const std::string& option = settings->tls->server_name;
  return option.empty() ? to.host : option;
}

std::error_code tls_transport::state::expect_server(const url& to, diagnostics& d) {
  if (expect_identity(ssl.get(), identity(to))) return {};
  const bool by_option = !settings->tls->server_name.empty();
  d.detail = (by_option ? "tls_options::server_name " : "the host ") +
             protocol::quote(identity(to)) + " is not a name";
  return by_option ? errc::invalid_option : errc::invalid_url;
}

std::error_code tls_transport::state::find_context(diagnostics& d) {
  std::error_code error;
  const tls_options& options = *settings->tls;
  if (!settings->context) {
    settings->context = options.share ? options.share->context(options, error, d)
                                      : tls_context::make(options, error, d);
  }
  context = settings->context;
  return error;
}

std::error_code tls_transport::state::prepare(const url& to, diagnostics& d) {
  if (const auto error = find_context(d)) return error;
  ERR_clear_error();
  failure = 0;
  ssl.reset(SSL_new(context->native()));
  if (!ssl || !wire.attach(ssl.get())) {
    d.detail = "a TLS connection can't be made: " + take_openssl_error();
    return errc::tls_handshake_failed;
  }
  if (const auto error = expect_server(to, d)) return error;
  SSL_set_app_data(ssl.get(), this);
  const auto note_refusal = [](int ok, X509_STORE_CTX* store) {
    if (ok == 1) return ok;
    const auto* const connection =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& self = *static_cast<state*>(SSL_get_app_data(connection));
    self.refused_error = X509_STORE_CTX_get_error(store);
    self.refused_depth = X509_STORE_CTX_get_error_depth(store);
    X509* const certificate = X509_STORE_CTX_get_current_cert(store);
    if (certificate != nullptr) X509_up_ref(certificate);
    self.refused.reset(certificate);
    return ok;
  };
  if (settings->tls->verify) {
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, note_refusal);
  } else {
    SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);
  }
  return {};
}

// Translates OpenSSL's `result`: would_block (then `wants` says what to wait for), eof, the
// socket's error, or tls_failed.
std::error_code tls_transport::state::judge(int result, io_direction& wants) noexcept {
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ: wants = io_direction::read; return asio::error::would_block;
    case SSL_ERROR_WANT_WRITE: wants = io_direction::write; return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN: return asio::error::eof;
    case SSL_ERROR_SYSCALL:
      if (wire.error() && !would_block(wire.error())) return wire.error();
      [[fallthrough]];
    default: note_failure(); return errc::tls_failed;
  }
}

// The first failure causes later ones, unless the server's alert explains it.
void tls_transport::state::note_failure() noexcept {
  const auto error = ERR_peek_error();
  if (failure == 0 || is_alert(error)) failure = error;
}

// The client's last message is not sent alone: RFC 8446 allows data to follow it at once.
asio::awaitable<std::error_code> tls_transport::state::shake_hands(const url& to, diagnostics& d) {
  for (bool last_look = false;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl.get());
    if (result == 1) {
      if (const auto failed = check_pins(d)) co_return failed;
      resumption.established(ssl.get());
      co_return std::error_code();
    }
    io_direction wants = io_direction::read;
    const auto error = judge(result, wants);
    const auto unsent = wire.flush();
    if (!would_block(error)) co_return handshake_error(error, to, d);
    const bool broken = unsent && !would_block(unsent);
    if (broken && std::exchange(last_look, true)) co_return handshake_error(unsent, to, d);
    if (unsent) wants = io_direction::write;
    wire.before_reading();
    if (broken) continue;  // the server may have said why before it disconnected
    if (const auto failed = co_await tcp.ready(wants)) co_return failed;
  }
}

std::error_code tls_transport::state::check_pins(diagnostics& d) const {
  const tls_options& options = *settings->tls;
  if (options.pins.empty() || has_pinned_key(ssl.get(), options.pins, options.verify)) return {};
  d.detail = "none of tls_options::pins is in the server's certificates; that of its own one is " +
             own_pin(ssl.get());
  return errc::pin_mismatch;
}

std::error_code tls_transport::state::handshake_error(std::error_code cause, const url& to,
                                                      diagnostics& d) {
  if (refused_error != X509_V_OK) {
    const refused_certificate what{refused_error, refused_depth, refused.get(), identity(to)};
    describe(what, d);
    return errc::certificate_rejected;
  }
  if (speaks_no_tls(ssl.get(), failure)) {
    d.detail = "the server does not speak TLS on this port: use ws";
    return errc::no_tls;
  }
  d.detail = describe_openssl(failure);
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
    d.detail = "this client speaks wss only: " + to.scheme + " needs one without TLS";
    co_return errc::unsupported_scheme;
  }
  // A session that is resumed has no chain of certificates to look for a pin in; and with a socket
  // that was connected by others, there is no second attempt.
  const tls_options& options = *state_->settings->tls;
  auto error = co_await state_->attempt(
      to, d, options.resume && options.pins.empty() && !state_->tcp.adopted());
  if (!state_->refused_resumption(error)) co_return error;
  error = co_await state_->attempt(to, d, false);
  if (!error)
    state_->resumption.refused();  // otherwise the session is not what the server objects to
  co_return error;
}

std::error_code tls_transport::adopt(const url& to, connected_socket&& socket, diagnostics& d) {
  return state_->tcp.adopt(to, std::move(socket), d);
}

asio::awaitable<std::error_code> tls_transport::state::attempt(const url& to, diagnostics& d,
                                                               bool resume) {
  // Before dialing: a wrong certificate option should not cost a connection.
  if (const auto error = prepare(to, d)) co_return error;
  if (const auto error = co_await tcp.dial(to, d, settings)) co_return error;
  d.stage = connect_stage::tls;
  // After dialing: a session that is taken from the store can't be taken again.
  if (resume) resumption.begin(ssl.get(), context->sessions(), to.authority());
  co_return co_await shake_hands(to, d);
}

// Some servers answer a session that they can't resume with an alert, or by ending TCP, instead of
// a full handshake (RFC 8446 2.2, RFC 5246 7.3). A connection that was closed meanwhile, or timed
// out, has another error.
bool tls_transport::state::refused_resumption(std::error_code error) const noexcept {
  return resumption.offered() &&
         (error == errc::tls_handshake_failed || reset_by_peer<asio::error::basic_errors>(error));
}

io_result tls_transport::read_some(std::span<std::byte> room) noexcept {
  if (state_->read_end) return {0, state_->read_end};
  io_result result;
  state_->wire.before_reading();
  ERR_clear_error();  // once: success leaves no error
  while (result.bytes < room.size()) {
    std::size_t count = 0;
    const int ok = SSL_read_ex(state_->ssl.get(), room.data() + result.bytes,
                               room.size() - result.bytes, &count);
    result.bytes += count;
    if (ok == 1) continue;
    const auto error = state_->judge(ok, state_->read_wants);
    if (!would_block(error)) state_->read_end = error;
    if (result.bytes == 0) result.error = error;  // otherwise the next read returns it
    break;
  }
  if (result.bytes < room.size()) state_->finish_reading();
  return result;
}

// OpenSSL has read everything, and may have written: the end of the handshake, the answer to a
// KeyUpdate, an alert. These are sent with the next write, or now if there is none.
void tls_transport::state::finish_reading() noexcept {
  if (writing()) return;
  if (!read_end) release_write_buffer();
  wire.flush();  // the next write reports an error
}

io_result tls_transport::write_some(bytes_view bytes) noexcept {
  io_result result;
  while (result.bytes < bytes.size() && !result.error) {
    result.error = state_->write_records(bytes.subspan(result.bytes));
    result.bytes += state_->records.take(state_->wire.taken());
  }
  if (result.bytes > 0) result.error.clear();  // the next write returns it
  return result;
}

// Encrypts as many bytes as one write of the socket takes, and writes them. Until that is done, no
// other bytes can be sent: the caller offers the same ones again, without those in whole records.
std::error_code tls_transport::state::write_records(bytes_view bytes) noexcept {
  if (interrupted > 0 || records.pending_data() == 0) {
    if (const auto error = encrypt(bytes.first(std::min(bytes.size(), max_batch)))) return error;
  }
  write_wants = io_direction::write;
  return wire.flush();
}

std::error_code tls_transport::state::encrypt(bytes_view batch) noexcept {
  write_wants = io_direction::write;
  if (interrupted > 0 || !wire.has_room(max_encrypted_batch)) {
    if (const auto unsent = wire.flush()) return unsent;
  }
  ERR_clear_error();
  while (records.pending_data() < batch.size()) {
    const bytes_view rest = batch.subspan(records.pending_data());
    const bytes_view part = rest.first(std::min(rest.size(), max_record));
    wire.before_writing(part.size() == rest.size());
    std::size_t count = 0;
    const int ok = SSL_write_ex(ssl.get(), part.data(), part.size(), &count);
    interrupted = ok == 1 ? 0 : part.size();
    if (ok != 1) return judge(ok, write_wants);
    records.add(count, wire.written());
  }
  return {};
}

// A message of TLS itself, usually a ticket, makes OpenSSL allocate its write buffer (17 KiB),
// which the next write frees. This write is empty, and sends only what OpenSSL itself has to send.
void tls_transport::state::release_write_buffer() noexcept {
  wire.before_writing(true);
  std::size_t none = 0;
  SSL_write_ex(ssl.get(), "", 0, &none);
}

void tls_transport::async_wait(io_direction direction, wait_handler ready) {
  if (direction == io_direction::read && state_->read_end) {
    const strand& serial = ready.serial();
    auto at_once = [r = std::move(ready)] { r(std::error_code()); };
    return asio::post(serial, std::move(at_once));
  }
  state_->tcp.async_wait(direction == io_direction::read ? state_->read_wants : state_->write_wants,
                         std::move(ready));
}

asio::awaitable<std::error_code> tls_transport::ready(io_direction direction) {
  const bool reads = direction == io_direction::read;
  if (reads && state_->read_end) co_return std::error_code();
  co_return co_await state_->tcp.ready(reads ? state_->read_wants : state_->write_wants);
}

void tls_transport::shutdown() noexcept {
  if (state_->ssl && SSL_is_init_finished(state_->ssl.get()) == 1 && !state_->writing()) {
    ERR_clear_error();
    SSL_shutdown(state_->ssl.get());
    ERR_clear_error();
    state_->wire.flush();
  }
  state_->tcp.shutdown();
}

void tls_transport::close() noexcept {
  state_->tcp.close();
}

std::size_t tls_transport::committed() const noexcept {
  return state_->committed();
}

std::optional<std::size_t> tls_transport::unacknowledged() noexcept {
  return state_->tcp.unacknowledged();
}

std::string tls_transport::error_detail() const {
  return describe_openssl(state_->failure);
}

std::optional<tls_info> tls_transport::tls() const {
  return state_->ssl ? describe_tls(state_->ssl.get()) : std::nullopt;
}

std::string tls_transport::peer_endpoint() const {
  return state_->tcp.peer_endpoint();
}
std::string tls_transport::local_endpoint() const {
  return state_->tcp.local_endpoint();
}

}  // namespace wsx
