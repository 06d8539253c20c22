#pragma once

#include <wsx/action.hpp>
#include <wsx/bytes.hpp>
#include <wsx/close_code.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/outgoing_frame.hpp>

#include <cstring>
#include <optional>
#include <string>

namespace wsx::detail {

// Iterates over the steps of an action: `*this` is true while there is one.
class action_steps {
 public:
  explicit action_steps(const action& of) noexcept : current_(of.first_), rest_(of.bytes_.view()) {
    if (current_) take_payload();
  }

  explicit operator bool() const noexcept { return current_.has_value(); }

  // Returns whether the step is a close.
  bool closes() const noexcept { return current_->head.op == opcode::close; }
  // Otherwise: returns the frame to send.
  const protocol::outgoing_frame& frame() const noexcept { return *current_; }
  // Returns what the Close should say; not checked.
  WSX_API protocol::close_payload close() const;

  void next() noexcept {
    if (rest_.empty()) {
      current_.reset();
    } else {
      std::memcpy(&*current_, rest_.data(), sizeof(protocol::outgoing_frame));
      rest_ = rest_.subspan(sizeof(protocol::outgoing_frame));
      take_payload();
    }
  }

 private:
  void take_payload() noexcept {
    const auto size = static_cast<std::size_t>(current_->head.length);
    current_->payload = rest_.first(size);
    rest_ = rest_.subspan(size);
  }

  std::optional<protocol::outgoing_frame> current_;
  bytes_view rest_;
};

}  // namespace wsx::detail
