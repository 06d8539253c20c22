#include "../protocol/display.hpp"
#include "../to_string/units.hpp"

#include <wsx/frame.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/mask.hpp>
#include <wsx/to_string.hpp>
#include <wsx/trace.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

// The lines of a trace. Everything in them that others have written is escaped and bounded.

namespace wsx::event {

namespace {

std::string duration_of(std::chrono::nanoseconds time) {
  return time < std::chrono::milliseconds(10) ? detail::us_of(time) : detail::ms_of(time);
}

std::string close_of(bytes_view payload) {
  protocol::close_payload close;
  if (protocol::parse_close(payload, close) || !close.code) return {};
  return ", " + detail::code_and_reason(*close.code, close.reason);
}

std::string shown(bytes_view payload, const trace_options& how) {
  if (!how.payloads || payload.empty()) return {};
  return ": " + protocol::quote(as_chars(payload), how.max_payload);
}

template <class Frame>
std::string frame_line(std::string_view done, const Frame& frame) {
  std::string line = fmt::format("{} {}, {}", done, to_string(frame.op),
                                 detail::bytes_of(static_cast<std::size_t>(frame.size)));
  if (!frame.fin) line += ", more follows";
  return line;
}

std::string_view refused(queue_full::of queue) noexcept {
  switch (queue) {
    case queue_full::of::sender: return "send queue full: refused {}";
    case queue_full::of::callback: return "too many replies unsent: refused {}";
    case queue_full::of::mailbox: return "mailbox full: refused {}";
  }
  return "full: refused {}";
}

}  // namespace

std::size_t frame_sent::copy_payload(std::span<std::byte> place) const noexcept {
  const auto part = masked.first(std::min(masked.size(), place.size()));
  protocol::mask_copy(place.data(), part, masking_key);
  return part.size();
}

std::string to_string(const attempt_started& e, const trace_options&) {
  return fmt::format("attempt {}: connecting to {}", e.number, e.url);
}

std::string to_string(const attempt_failed& e, const trace_options&) {
  return fmt::format("attempt {} failed: {}", e.number, to_string(e.reason));
}

std::string to_string(const connected& e, const trace_options&) {
  const connection_info& info = e.connection;
  std::string line = fmt::format("connected to {}, attempt {}",
                                 protocol::escape(info.peer_endpoint), info.attempt);
  if (!info.subprotocol.empty()) line += ", subprotocol " + protocol::quote(info.subprotocol);
  if (info.compressed) line += ", compressed";
  return line;
}

std::string to_string(const closing& e, const trace_options&) {
  const close_reason& reason = e.reason;
  std::string line = "closing, " + to_string(reason.origin);
  const std::string_view text = reason.error ? "" : std::string_view(reason.text);
  if (reason.code()) line += ", " + detail::code_and_reason(*reason.code(), text);
  if (reason.error) line += ", " + reason.error.message();
  if (!reason.diagnostics.detail.empty()) line += ": " + reason.diagnostics.detail;
  return line;
}

std::string to_string(const disconnected& e, const trace_options&) {
  return fmt::format("{} after {}: {}",
                     e.still_connected ? "other connection ended" : "disconnected",
                     detail::ms_of(e.uptime), to_string(e.reason));
}

std::string to_string(const frame_sent& e, const trace_options& how) {
  std::string line = frame_line("sent", e);
  if (e.compressed) line += ", compressed";
  const bool close = e.op == opcode::close;
  if (!close && !how.payloads) return line;
  const std::size_t most = close ? max_control_payload : 4 * how.max_payload + 4;  // of UTF-8
  std::vector<std::byte> payload(std::min(most, e.masked.size()));
  payload.resize(e.copy_payload(payload));
  return line + (close ? close_of(payload) : shown(payload, how));
}

std::string to_string(const frame_received& e, const trace_options& how) {
  const bool close = e.op == opcode::close;
  return frame_line("received", e) + (close ? close_of(e.payload) : shown(e.payload, how));
}

std::string to_string(const queue_full& e, const trace_options&) {
  return fmt::format(fmt::runtime(refused(e.queue)), e.count);
}

std::string to_string(const keepalive_answered& e, const trace_options&) {
  return "keepalive answered after " + duration_of(e.round_trip);
}

std::string to_string(const reconnect_scheduled& e, const trace_options&) {
  return fmt::format("reconnecting in {}, attempt {}", detail::ms_of(e.delay), e.attempt);
}

std::string to_string(const handler_replaced& e, const trace_options&) {
  return fmt::format("handler replaced: version {} by {}", protocol::quote(e.old_version),
                     protocol::quote(e.new_version));
}

std::string to_string(const suspended&, const trace_options&) {
  return "suspended";
}

std::string to_string(const resumed&, const trace_options&) {
  return "resumed";
}

std::string to_string(const terminated& e, const trace_options&) {
  return "terminated: " + to_string(e.reason);
}

}  // namespace wsx::event
