#include "action_steps.hpp"

#include <wsx/action.hpp>
#include <wsx/frame.hpp>

#include <cstring>
#include <string>
#include <type_traits>

namespace wsx {

namespace {

using protocol::outgoing_frame;

// The unchecked form of a Close until the engine carries it out: its payload, with the code as it
// is in memory.
outgoing_frame close_step(bytes_view payload) noexcept {
  outgoing_frame step{pong(payload)};
  step.head.op = opcode::close;
  return step;
}

}  // namespace

void action::add(const outgoing_frame& frame) {
  static_assert(std::is_trivially_copyable_v<outgoing_frame>);
  if (first_) {
    // In one piece: if there is no memory for the payload, there must be no step.
    memory::pooled_bytes step({reinterpret_cast<const std::byte*>(&frame), sizeof(frame)});
    step.append(frame.payload);
    bytes_.append(step.view());
  } else {
    bytes_.append(frame.payload);
    first_ = frame;
  }
}

action& action::close() & {
  add(close_step({}));
  return *this;
}

action& action::close(close_code code, std::string_view reason) & {
  std::string payload(sizeof(code), '\0');
  std::memcpy(payload.data(), &code, sizeof(code));
  payload += reason;
  add(close_step(as_bytes(payload)));
  return *this;
}

protocol::close_payload detail::action_steps::close() const {
  const auto payload = as_chars(frame().payload);
  if (payload.empty()) return {};
  close_code code{};
  std::memcpy(&code, payload.data(), sizeof(code));
  return {code, std::string(payload.substr(sizeof(code)))};
}

}  // namespace wsx
