#include <wsx/protocol/frame_deflater.hpp>

#include <utility>

namespace wsx::protocol {

bool frame_deflater::takes(const frame_head& head) noexcept {
  if (is_control(head.op)) return false;
  const bool begins = head.op != opcode::continuation;
  // How large a message in fragments will be is not known.
  if (begins) compressing_ = head.rsv1 && (!head.fin || head.length >= settings_.threshold);
  return compressing_;
}

void frame_deflater::write(const frame_head& head, bytes_view part, bool first, bool last,
                           mask_key key, byte_buffer& out) {
  const bool begins = first && head.op != opcode::continuation;
  const bool ends = last && head.fin;
  payload_.clear();
  deflater_.write(part, ends ? deflater::flush::message : deflater::flush::part, payload_);
  in_message_ = !ends;
  used_ = true;

  // RFC 7692 6.1: RSV1 on the first frame of the message, and on no other.
  const frame_head wire{.op = first ? head.op : opcode::continuation, .fin = ends, .rsv1 = begins};
  const auto target = out.prepare(static_cast<std::size_t>(frame_size(payload_.size())));
  out.commit(encode_frame(target.data(), wire, payload_.view(), key));
}

void frame_deflater::release_memory() noexcept {
  if (std::exchange(used_, false) || in_message_) return;
  payload_.release();
  if (settings_.release_when_idle) deflater_.release();
}

}  // namespace wsx::protocol
