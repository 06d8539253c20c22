#include <wsx/detail/engine.hpp>
#include <wsx/detail/shared_read_buffer.hpp>
#include <wsx/error.hpp>
#include <wsx/protocol/http_body.hpp>
#include <wsx/protocol/retry_after.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

// How a connection is opened: what the user asked for is checked, the transport connects, the
// opening handshake is exchanged. RFC 6455 4.1.

namespace wsx::detail {

namespace {

bool would_block(std::error_code error) noexcept {
  return error == asio::error::would_block || error == asio::error::try_again;
}

// The server, or a proxy before it, has ended the connection instead of answering.
std::error_code dropped(std::error_code error) noexcept {
  const bool by_peer = error == asio::error::eof || error == asio::error::connection_reset ||
                       error == asio::error::broken_pipe ||
                       error == asio::error::connection_aborted;
  return by_peer ? make_error_code(errc::handshake_dropped) : error;
}

// Of what a server may send before anything is known of it.
constexpr std::size_t max_head_read = 4096;

// What is kept of the body of a response that refuses the handshake.
constexpr std::size_t max_refusal_body = 4096;

// How long is waited for a body that has no length.
constexpr std::chrono::milliseconds refusal_grace{300};

}  // namespace

asio::awaitable<std::error_code> engine::open() {
  protocol::upgrade_request ask;
  if (const auto error = prepare(ask)) co_return error;
  if (interrupted()) co_return interrupted_by(errc::connect_timeout);

  stream_ = make_stream_(strand_, settings_);
  ++connection_number_;
  arm_deadline(options_->connect_timeout, options_->handshake_timeout);
  const auto failed = co_await stream_->connect(ask.to, *diagnostics_);
  if (const auto error = dialed(failed)) co_return error;

  diagnostics_->stage = connect_stage::handshake;
  arm_deadline(options_->handshake_timeout);
  const auto error = co_await shake_hands(ask);
  if (error && diagnostics_->detail.empty()) diagnostics_->detail = stream_->error_detail();
  if (error) co_return interrupted() ? interrupted_by(errc::handshake_timeout) : error;
  lift_deadline();
  diagnostics_.reset();
  info_.url = target_.url;
  info_.peer_endpoint = stream_->peer_endpoint();
  info_.local_endpoint = stream_->local_endpoint();
  info_.attempt = tries_;
  co_return std::error_code();
}

// Everything that can be refused before anything is sent.
std::error_code engine::prepare(protocol::upgrade_request& ask) {
  if (const auto error = check_options(*options_, diagnostics_->detail)) return error;
  if (const auto error = parse_url(target_.url, ask.to, diagnostics_->detail)) return error;
  diagnostics_->host = ask.to.host_and_port();
  ask.headers = target_.headers;
  ask.subprotocols = target_.subprotocols;
  ask.deflate = options_->deflate;
  return protocol::check_request(ask, diagnostics_->detail);
}

// How connecting has ended, in view of what may have interrupted it.
std::error_code engine::dialed(std::error_code error) {
  const bool late = std::exchange(deadline_hit_, false);
  stream_open_ = !error;
  if (late || stopped() || connect_canceled_) return interrupted_by(errc::connect_timeout);
  return error;
}

// Why an operation of this connection did not come to its end.
std::error_code engine::interrupted_by(std::error_code deadline) const noexcept {
  if (stopped()) return errc::aborted;
  return connect_canceled_ ? std::error_code(asio::error::operation_aborted) : deadline;
}

asio::awaitable<std::error_code> engine::shake_hands(const protocol::upgrade_request& ask) {
  const std::string key = protocol::make_key();
  const std::string request = protocol::format_request(ask, key);
  std::error_code unsent;
  for (bytes_view left = as_bytes(request);;) {
    unsent = write_request(left);
    if (unsent || left.empty()) break;
    co_await wait_ready(io_direction::write);
  }
  protocol::http_head_parser parser({options_->max_head_size, options_->max_headers});
  for (;;) {
    const auto error = read_head(parser);
    // A server that takes nothing more may have said why before it went.
    const bool silent = !error || error == errc::handshake_dropped;
    if (unsent && silent && !parser.done()) co_return unsent;
    if (error == errc::handshake_dropped) diagnostics_->detail = parser.describe_end();
    if (error == errc::handshake_dropped && !parser.started() && !ask.to.secure())
      diagnostics_->detail += ": if it speaks TLS on this port, use wss";
    if (error) co_return error;
    if (parser.done()) break;
    co_await wait_ready(io_direction::read);
  }
  protocol::http_head head = parser.take();
  const auto error = judge(head, ask, key);
  if (error == errc::refused || error == errc::refused_for_now) co_await read_refusal_body(head);
  const bool secure = ask.to.secure();
  if (!secure && error && protocol::asks_for_tls(head, diagnostics_->http_body))
    diagnostics_->detail = "the server speaks TLS on this port: use wss";
  co_return error;
}

// Takes the response for an upgrade, or keeps what it says instead.
std::error_code engine::judge(protocol::http_head& head, const protocol::upgrade_request& ask,
                              std::string_view key) {
  protocol::upgrade_result granted;
  const auto error = protocol::check_response(head, ask, key, granted, diagnostics_->detail);
  if (error) {
    diagnostics_->http_status = head.status;
    diagnostics_->http_reason = head.reason;
    diagnostics_->http_headers = head.headers;
    diagnostics_->retry_after = protocol::retry_after(
        head.headers, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    return error;
  }
  info_ = {};
  info_.status = head.status;
  info_.headers = std::move(head.headers);
  info_.subprotocol = std::move(granted.subprotocol);
  info_.compressed = granted.deflate.has_value();
  info_.deflate = granted.deflate;
  if (granted.deflate) start_deflate(*granted.deflate);
  return {};
}

void engine::start_deflate(const protocol::deflate_agreement& agreed) {
  const deflate_options& o = *options_->deflate;
  outbox_.compress({.deflate = {.level = o.level,
                                .memory_level = o.memory_level,
                                .window_bits = agreed.client_max_window_bits,
                                .context_takeover = !agreed.client_no_context_takeover},
                    .threshold = o.threshold,
                    .release_when_idle = o.release_when_idle});
}

// Writes what the transport takes at once of what is left.
std::error_code engine::write_request(bytes_view& left) {
  if (interrupted()) return interrupted_by(errc::handshake_timeout);
  const io_result result = stream_->write_some(left);
  left = left.subspan(result.bytes);
  return would_block(result.error) ? std::error_code() : dropped(result.error);
}

// Reads what is there, up to the head's end. What came behind it belongs to the connection, or to
// the body.
std::error_code engine::read_head(protocol::http_head_parser& parser) {
  const shared_read_buffer lease;
  const auto room = lease.room().first(max_head_read);
  while (!parser.done()) {
    if (interrupted()) return interrupted_by(errc::handshake_timeout);
    const io_result got = stream_->read_some(room);
    if (would_block(got.error)) break;
    if (got.error) return dropped(got.error);
    std::error_code error;
    const bytes_view bytes(room.data(), got.bytes);
    const std::size_t taken = parser.feed(bytes, error);
    if (error) {
      diagnostics_->detail = parser.error_detail();
      return error;
    }
    own_.append(bytes.subspan(taken));
  }
  return {};
}

// A server that refuses may say why. As much as is allowed, until the deadline at most; not so long
// if nothing tells the end of it but that of the connection, which many servers keep open.
asio::awaitable<void> engine::read_refusal_body(const protocol::http_head& head) {
  protocol::http_body_reader body(head, max_refusal_body);
  body.feed(own_.view());
  if (body.ends_with_connection()) {
    const auto left = timer_due_ - clock::now();
    arm_deadline(std::min<clock::duration>(left, refusal_grace));
  }
  std::array<std::byte, 4096> room;
  while (!body.done() && !interrupted()) {
    const io_result got = stream_->read_some(room);
    body.feed(bytes_view(room).first(got.bytes));
    if (would_block(got.error)) {
      co_await wait_ready(io_direction::read);
    } else if (got.error) {
      break;
    }
  }
  diagnostics_->http_body = body.take();
  // The refusal stands, even if its body was late.
  deadline_hit_ = false;
}

}  // namespace wsx::detail
