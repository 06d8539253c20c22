#include "../reset_by_peer.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/close_state.hpp>

#include <utility>

namespace wsx::protocol {

close_code close_code_for(std::error_code error) noexcept {
  // The payload does not match the type of its message. RFC 6455 7.4.1.
  if (error == errc::invalid_utf8 || error == errc::invalid_deflate_data)
    return close_code::invalid_payload;
  if (error == errc::unsupported_data) return close_code::unsupported_data;
  if (error == condition::limit_exceeded) return close_code::message_too_big;
  if (error == condition::protocol_violation) return close_code::protocol_error;
  return close_code::internal_error;
}

namespace {

// The reason sent to a server that broke a rule. RFC 6455 5.5.1: at most 123 bytes. Two of them
// have the wording that servers know from other clients.
std::string told(std::error_code error) {
  if (error == errc::unexpected_continuation)
    return "Endpoint sent a continuation frame without starting a fragment";
  if (error == errc::expected_continuation)
    return "Endpoint tried to start a fragment without finishing another";
  // An exception in a callback is not the server's business.
  return error == errc::handler_failed ? std::string() : error.message();
}

}  // namespace

std::optional<close_payload> close_state::start(close_payload close) {
  auto sent = shutdown_send(std::move(close));
  if (sent) begun_ = true;
  return sent;
}

std::optional<close_payload> close_state::shutdown_send(close_payload close) {
  if (!may_send()) return std::nullopt;
  close_reason& reason = reason_.change();
  send_shut_down_ = true;
  reason.origin = close_origin::local;
  reason.requested = close.code;
  reason.text = close.reason;
  return close;
}

std::optional<close_payload> close_state::receive(const close_payload& close) {
  if (received_) return std::nullopt;
  close_reason& reason = reason_.change();
  received_ = true;
  reason.received = close.code;
  if (may_send()) {
    reason.origin = close_origin::remote;
    reason.text = close.reason;
  }
  begun_ = true;
  if (written_) return std::nullopt;
  return close_payload{.code = close.code, .reason = {}};
}

std::optional<close_payload> close_state::fail(std::error_code error, std::exception_ptr exception,
                                               std::string detail) {
  if (begun_) return std::nullopt;
  close_reason& reason = reason_.change();
  begun_ = true;
  reason.origin = close_origin::error;
  reason.error = error;
  reason.exception = std::move(exception);
  reason.requested = close_code_for(error);
  reason.text = told(error);
  reason.diagnostics.detail = std::move(detail);
  return close_payload{.code = reason.requested, .reason = reason.text};
}

void close_state::written() {
  if (std::exchange(written_, true)) return;
  if (queued_) reason_.change().sent = queued_;
}

void close_state::end(std::error_code error, bool at_end, std::string_view detail) {
  // If a connection just ends, or is reset, the server did that.
  const bool dropped = at_end || reset_by_peer<std::errc>(error);
  close_reason& reason = reason_.change();
  const bool unasked = may_send() || std::exchange(abandoned_, false);
  begun_ = true;
  if (unasked) {
    reason.origin = dropped ? close_origin::remote : close_origin::error;
    reason.error = dropped ? make_error_code(errc::connection_dropped) : error;
    reason.diagnostics.detail = dropped && !at_end && detail.empty() ? error.message() : detail;
  }
  // The server had to be cut off.
  if (reason.origin == close_origin::local && error == errc::close_timeout) reason.error = error;
  // RFC 6455 7.1.4. Many servers reset TCP instead of waiting for the client to end its side.
  reason.clean = dropped && complete();
}

}  // namespace wsx::protocol
