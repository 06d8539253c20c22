#include "dialer.hpp"

#include "../protocol/credentials.hpp"
#include "../protocol/redirect.hpp"
#include "../protocol/set_cookie.hpp"
#include "../reset_by_peer.hpp"
#include "../to_string/units.hpp"
#include "../would_block.hpp"
#include "shared_read_buffer.hpp"
#include "thrown_error.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/http_body.hpp>
#include <wsx/protocol/retry_after.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <string>
#include <utility>

namespace wsx::detail {

namespace {

// The server, or a proxy, has ended the connection instead of answering.
std::error_code dropped(std::error_code error) noexcept {
  const bool by_peer = error == asio::error::eof || reset_by_peer<asio::error::basic_errors>(error);
  return by_peer ? make_error_code(errc::handshake_dropped) : error;
}

// Limit on what a server can make the client read before it is known.
constexpr std::size_t max_head_read = 4096;

// Limit on what is kept of the body of a refusal.
constexpr std::size_t max_refusal_body = 4096;

// How long to wait for a body without a length.
constexpr std::chrono::milliseconds refusal_grace{300};

}  // namespace

asio::awaitable<std::error_code> dialer::open(std::shared_ptr<strand_listener> who,
                                              stream_factory make,
                                              std::shared_ptr<transport_settings> settings) {
  auto adopted = std::move(settings->adopted);  // for this attempt only
  if (const auto error = check_options(options_, diagnostics_.detail)) co_return error;
  if (interrupted_) co_return interrupted_;
  if (options_.dial.budget) {
    if (const auto error = co_await wait_for_turn(who)) co_return error;
  }
  begin_deadlines(who);
  if (options_.dial.prepare) {
    if (const auto error = co_await prepare(who)) co_return error;
  }
  protocol::upgrade_request ask;
  if (const auto error = check(ask)) co_return error;
  do {
    const auto failed = co_await connect(ask.to, who, make, settings, adopted);
    if (interrupted_) co_return interrupted_;
    if (failed) co_return failed;
    const auto error = co_await exchange(ask, who);
    if (error && diagnostics_.detail.empty()) diagnostics_.detail = opened_.stream->error_detail();
    if (error && interrupted_) co_return interrupted_;
    if (error) co_return error;
  } while (redirected_);
  settings.reset();
  deadline_.lift(deadline::of::attempt);
  // Where it will be shown, user information has no place.
  const bool as_asked = ask.to.user_info.empty() && diagnostics_.redirects == 0;
  opened_.info.url = as_asked ? std::string(url_to_use()) : ask.to.without_user_info();
  opened_.info.peer_endpoint = opened_.stream->peer_endpoint();
  opened_.info.local_endpoint = opened_.stream->local_endpoint();
  co_return std::error_code();
}

// The URL, without a fragment if that is to be dropped.
std::string_view dialer::url_to_use() const noexcept {
  const std::string_view all = target_->url;
  return options_.dial.drop_fragment ? all.substr(0, all.find('#')) : all;
}

// A URL that nobody can connect to is refused later.
asio::awaitable<std::error_code> dialer::wait_for_turn(listener who) {
  wsx::url to;
  const bool known = !parse_url(url_to_use(), to);
  turn_ = std::make_shared<connect_turn>(options_.dial.budget, who->serial(), deadline_.clock());
  turn_->wait(known ? to.host_and_port() : std::string(), ready_);
  while (!turn_->has_come() && !interrupted_) {
    if (!ready_.take_notification()) co_await ready_.wait();
  }
  co_return interrupted_;
}

// The timer for connecting the transport also serves the handshake that follows.
void dialer::begin_deadlines(listener who) {
  last_deadline_ = deadline_.after(options_.connect_timeout + options_.handshake_timeout);
  deadline_.set(deadline::of::attempt, deadline_.after(options_.connect_timeout));
  deadline_.arm(who, deadline_.after(options_.handshake_timeout));
}

// The user's function may wait for longer than the attempt.
asio::awaitable<std::error_code> dialer::prepare(listener who) {
  diagnostics_.stage = connect_stage::preparing;
  preparation_ = std::make_shared<preparation>(options_.dial.prepare, *target_);
  preparation_->begin(who->serial(), attempt_, ready_);
  while (!preparation_->finished() && !interrupted_) {
    if (!ready_.take_notification()) co_await ready_.wait();
  }
  if (interrupted_) co_return interrupted_;
  if (const auto& what = preparation_->failure()) {
    diagnostics_.detail = thrown(what);
    co_return error_of(what, errc::prepare_failed);
  }
  target_ = &preparation_->target();
  diagnostics_.stage = connect_stage::checking;
  co_return std::error_code();
}

std::error_code dialer::adopt(const wsx::url& to, connected_socket& socket) {
  std::error_code error;
  socket.remote_endpoint(error);
  if (!error) return opened_.stream->adopt(to, std::move(socket), diagnostics_);
  diagnostics_.detail = "the socket is not connected";
  return errc::not_connected;
}

// All checks before anything is sent.
std::error_code dialer::check(protocol::upgrade_request& ask) {
  if (const auto error = parse_url(url_to_use(), ask.to, diagnostics_.detail)) return error;
  diagnostics_.host = ask.to.host_and_port();
  ask.headers = target_->headers;
  protocol::authorize(ask.to, ask.headers);
  ask.subprotocols = target_->subprotocols;
  ask.deflate = options_.deflate;
  return protocol::check_request(ask, diagnostics_.detail);
}

asio::awaitable<std::error_code> dialer::connect(const wsx::url& to, listener who,
                                                 stream_factory make,
                                                 std::shared_ptr<transport_settings> settings,
                                                 std::unique_ptr<connected_socket>& adopted) {
  opened_.number = ++transports_;
  opened_.stream = make(who->serial(), std::move(settings));
  waits_[0] = waits_[1] = false;
  connecting_ = true;
  if (diagnostics_.redirects > 0) set_deadline(options_.connect_timeout, who);
  if (const auto socket = std::move(adopted)) {
    if (const auto error = adopt(to, *socket)) co_return error;
  }
  const auto failed = co_await opened_.stream->connect(to, diagnostics_);
  connecting_ = false;
  if (interrupted_ || failed) co_return failed;
  diagnostics_.stage = connect_stage::handshake;
  set_deadline(options_.handshake_timeout, who);
  co_return failed;
}

void dialer::set_deadline(std::chrono::milliseconds time, listener who) {
  deadline_.set(deadline::of::attempt, std::min(deadline_.after(time), last_deadline_));
  deadline_.arm(who);
}

asio::awaitable<std::error_code> dialer::exchange(protocol::upgrade_request& ask, listener who) {
  cookie_jar* const jar = options_.dial.cookies.get();
  if (jar != nullptr) ask.cookies = jar->header_for(ask.to);
  const std::string key = protocol::make_key();
  const std::string request = protocol::format_request(ask, key);
  const auto unsent = co_await send_request(request, who);
  if (interrupted_) co_return interrupted_;
  protocol::http_head_parser parser({options_.max_head_size, options_.max_headers});
  std::error_code unread;
  if (unsent) {
    unread = read_some_head(parser);  // the server may have said why it takes nothing more
  } else {
    unread = co_await read_head(parser, who);
  }
  const bool silent = !unread || unread == errc::handshake_dropped;
  if (unsent && silent && !parser.done()) co_return unsent;
  if (unread == errc::handshake_dropped) diagnostics_.detail = parser.describe_end();
  if (unread == errc::handshake_dropped && !parser.started() && ask.to.scheme == "ws")
    diagnostics_.detail += ": if it speaks TLS on this port, use wss";
  if (unread) co_return unread;

  protocol::http_head head = parser.take();
  for (const header& field : head.headers) {
    if (jar != nullptr && protocol::is_set_cookie(field)) jar->set(ask.to, field.value);
  }
  redirected_ = options_.dial.max_redirects > 0 && protocol::is_redirect(head);
  if (redirected_) co_return follow(head, ask);
  const auto error = accept_response(head, ask, key);
  const bool refused = error == errc::refused || error == errc::refused_for_now;
  if (refused) co_await read_refusal_body(head, who);
  if (error && ask.to.scheme == "ws" && protocol::asks_for_tls(head, diagnostics_.http_body))
    diagnostics_.detail = "the server speaks TLS on this port: use wss";
  co_return error;
}

asio::awaitable<std::error_code> dialer::send_request(std::string_view request, listener who) {
  for (bytes_view left = as_bytes(request); !interrupted_;) {
    const io_result result = opened_.stream->write_some(left);
    left = left.subspan(result.bytes);
    if (result.error && !would_block(result.error)) co_return dropped(result.error);
    if (left.empty()) break;
    co_await wait(io_direction::write, who);
  }
  co_return std::error_code();
}

asio::awaitable<std::error_code> dialer::read_head(protocol::http_head_parser& parser,
                                                   listener who) {
  while (!interrupted_) {
    const auto error = read_some_head(parser);
    if (error || parser.done()) co_return error;
    co_await wait(io_direction::read, who);
  }
  co_return interrupted_;
}

// Reads what has arrived, up to the end of the head. Later bytes belong to the connection, or to
// the body.
std::error_code dialer::read_some_head(protocol::http_head_parser& parser) {
  const shared_read_buffer buffer;
  const auto room = buffer.span().first(max_head_read);
  while (!parser.done()) {
    const io_result got = opened_.stream->read_some(room);
    if (would_block(got.error)) break;
    if (got.error) return dropped(got.error);
    std::error_code error;
    const bytes_view bytes(room.data(), got.bytes);
    const std::size_t taken = parser.feed(bytes, error);
    if (error) {
      diagnostics_.detail = parser.error_detail();
      return error;
    }
    opened_.early.append(bytes.subspan(taken));
  }
  return {};
}

// Leaves the server for the one that it names.
std::error_code dialer::follow(const protocol::http_head& head, protocol::upgrade_request& ask) {
  const std::size_t most = options_.dial.max_redirects;
  auto error = make_error_code(errc::too_many_redirects);
  if (diagnostics_.redirects < most) {
    error = protocol::redirect(head, ask, diagnostics_.detail);
  } else {
    diagnostics_.detail =
        "the server redirects more often than " + std::to_string(most) + " (dial.max_redirects)";
  }
  if (error) {
    keep_refusal(head);
    return error;
  }
  ++diagnostics_.redirects;
  diagnostics_.host = ask.to.host_and_port();
  diagnostics_.proxy.clear();
  opened_.stream->shutdown();
  opened_.stream->close();
  opened_.early = {};
  return {};
}

void dialer::keep_refusal(const protocol::http_head& head) {
  diagnostics_.http_status = head.status;
  diagnostics_.http_reason = head.reason;
  diagnostics_.http_headers = head.headers;
  diagnostics_.retry_after = protocol::retry_after(
      head.headers, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

// Accepts the response as an upgrade, or stores it as a refusal.
std::error_code dialer::accept_response(protocol::http_head& head,
                                        const protocol::upgrade_request& ask,
                                        std::string_view key) {
  protocol::upgrade_result granted;
  const auto error = protocol::check_response(head, ask, key, granted, diagnostics_.detail);
  if (error) {
    keep_refusal(head);
    return error;
  }
  connection_info& info = opened_.info;
  info.status = head.status;
  info.headers = head.headers;
  info.subprotocol = std::move(granted.subprotocol);
  info.compressed = granted.deflate.has_value();
  info.deflate = granted.deflate;
  return {};
}

// A server that refuses may say why. Its body is read up to the limit, until the deadline at most.
// The time is shorter if only the end of the connection ends the body, since many servers keep it
// open. The refusal remains the error, even if its body was late.
asio::awaitable<void> dialer::read_refusal_body(const protocol::http_head& head, listener who) {
  protocol::http_body_reader body(head, max_refusal_body);
  body.feed(opened_.early.view());
  if (body.ends_with_connection()) {
    const auto grace = deadline_.after(refusal_grace);
    deadline_.set(deadline::of::attempt, std::min(deadline_.when(deadline::of::attempt), grace));
    deadline_.arm(who);
  }
  std::array<std::byte, 4096> room;
  while (!body.done() && !interrupted_) {
    const io_result got = opened_.stream->read_some(room);
    body.feed(bytes_view(room).first(got.bytes));
    if (would_block(got.error)) {
      co_await wait(io_direction::read, who);
    } else if (got.error) {
      break;
    }
  }
  diagnostics_.http_body = body.take();
  if (interrupted_ == errc::handshake_timeout) interrupted_.clear();
}

// Waits until the transport is worth another attempt, or this attempt is interrupted.
asio::awaitable<void> dialer::wait(io_direction direction, listener who) {
  bool& waits = waits_[static_cast<std::size_t>(direction)];
  if (!waits) opened_.stream->async_wait(direction, wait_handler(who, direction, opened_.number));
  waits = true;
  while (waits && !interrupted_) {
    if (!ready_.take_notification()) co_await ready_.wait();
  }
}

void dialer::on_ready(io_direction direction, std::uint32_t number) {
  if (number != opened_.number) return;  // of an earlier transport
  waits_[static_cast<std::size_t>(direction)] = false;
  if (!interrupted_) ready_.notify();  // or it has been told, or is about to be
}

void dialer::ended(std::error_code error, const std::exception_ptr& what) noexcept {
  result_ = what ? make_error_code(errc::internal_failure) : error;
  try {
    if (what) diagnostics_.detail = thrown(what);
  } catch (const std::bad_alloc&) {}
}

void dialer::shut_down() noexcept {
  if (!opened_.stream) return;
  if (!interrupted_) opened_.stream->shutdown();
  if (!interrupted_) interrupted_ = errc::internal_failure;  // if it goes on
  opened_.stream->close();
}

void dialer::time_out() {
  interrupt(connecting_ ? errc::connect_timeout : errc::handshake_timeout);
}

void dialer::interrupt(std::error_code error) {
  if (!interrupted_) interrupted_ = error;
  if (result_ && !*result_) result_ = interrupted_;  // its connection has not been taken
  if (preparation_) preparation_->give_up();
  if (opened_.stream) opened_.stream->close();
  interrupt_.emit(asio::cancellation_type::terminal);
  ready_.notify();
}

}  // namespace wsx::detail
