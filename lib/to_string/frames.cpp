#include "../client/action_steps.hpp"
#include "../protocol/display.hpp"
#include "units.hpp"

#include <wsx/action.hpp>
#include <wsx/frame.hpp>
#include <wsx/message.hpp>
#include <wsx/to_string.hpp>

#include <fmt/format.h>

namespace wsx {

namespace {

// How much of a text fits in a line of a log.
constexpr std::size_t shown_of_text = 40;

std::string with_size(std::string_view kind, std::size_t size) {
  return fmt::format("{}, {}", kind, detail::bytes_of(size));
}

std::string with_text(std::string_view kind, std::string_view payload) {
  std::string shown = with_size(kind, payload.size());
  if (!payload.empty()) shown += ": " + protocol::quote(payload, shown_of_text);
  return shown;
}

std::string_view place_of(bool first, bool last) noexcept {
  if (first) return last ? "only " : "first ";
  return last ? "last " : "";
}

// The frame that the user passed to `reply`.
std::string describe(const protocol::outgoing_frame& frame) {
  const std::string_view payload = as_chars(frame.payload);
  if (frame.head.op == opcode::ping) return to_string(ping(frame.payload));
  if (frame.head.op == opcode::pong) return to_string(pong(frame.payload));
  if (!frame.head.fin || !frame.first) {
    return to_string(fragment{
        .op = frame.kind, .first = frame.first, .last = frame.head.fin, .payload = frame.payload});
  }
  return frame.kind == opcode::text ? to_string(text{payload}) : to_string(binary(frame.payload));
}

std::string describe(const protocol::close_payload& close) {
  if (!close.code) return "close";
  return "close with " + detail::code_and_reason(*close.code, close.reason);
}

}  // namespace

std::string to_string(const text& frame) {
  return with_text("text", frame.payload);
}

std::string to_string(const binary& frame) {
  return with_size("binary", frame.payload.size());
}

std::string to_string(const ping& frame) {
  return with_size("ping", frame.payload.size());
}

std::string to_string(const pong& frame) {
  return with_size("pong", frame.payload.size());
}

std::string to_string(const fragment& frame) {
  const auto kind =
      fmt::format("{}fragment of {}", place_of(frame.first, frame.last), to_string(frame.op));
  if (frame.op != opcode::text) return with_size(kind, frame.payload.size());
  return with_text(kind, as_chars(frame.payload));
}

std::string to_string(const message& m) {
  return m.is_text() ? to_string(wsx::text{m.text()}) : to_string(binary(m.bytes()));
}

std::string to_string(const owned_message& m) {
  return to_string(message(m));
}

std::string to_string(const action& wanted) {
  std::string text;
  for (detail::action_steps steps(wanted); steps; steps.next()) {
    if (!text.empty()) text += ", then ";
    text += steps.closes() ? describe(steps.close()) : "reply with " + describe(steps.frame());
  }
  return text.empty() ? "ok" : text;
}

}  // namespace wsx
