#include <wsx/protocol/frame_deflater.hpp>

#include <utility>

namespace wsx::protocol {

bool frame_deflater::takes(const frame_head& head) noexcept {
  if (is_control(head.op)) return false;
  const bool begins = head.op != opcode::continuation;
  // The size of a message in fragments is not known in advance.
  if (begins) compressing_ = head.rsv1 && (!head.fin || head.length >= settings_.threshold);
  return compressing_;
}

void frame_deflater::compress(const frame_head& head, bytes_view part, bool first, bool last) {
  using enum deflater::flush;
  const bool ends = last && head.fin;
  // RFC 7692 6.1: RSV1 on the first frame of the message, and on no other.
  if (first) head_ = {.op = head.op, .rsv1 = head.op != opcode::continuation};
  deflater_.write(part, ends ? message : last ? fragment : nothing, payload_);
  head_.fin = ends;
  head_.length = payload_.size();
  ready_ = last || payload_.size() > max_frame;
  in_message_ = !ends;
  used_ = true;
}

void frame_deflater::next() noexcept {
  payload_.clear();
  ready_ = false;
  head_ = {.op = opcode::continuation};
}

void frame_deflater::release_memory() noexcept {
  if (std::exchange(used_, false) || in_message_ || ready_) return;
  payload_.release();
  if (settings_.release_when_idle) deflater_.release();
}

}  // namespace wsx::protocol
