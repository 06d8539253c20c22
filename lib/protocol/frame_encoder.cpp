#include "frame_layout.hpp"

#include <wsx/protocol/frame_encoder.hpp>

#include <algorithm>

namespace wsx::protocol {

std::size_t write_header(std::byte* target, const frame_head& head, mask_key key) noexcept {
  return layout::put_header(target, head, key);
}

std::size_t read_header(const std::byte* source, frame_head& head) noexcept {
  const auto first = static_cast<unsigned>(source[0]);
  head.op = static_cast<opcode>(first & layout::opcode_bits);
  head.fin = (first & layout::fin_bit) != 0;
  head.rsv1 = (first & layout::rsv1_bit) != 0;
  head.length = layout::read_length(source + 1);
  return header_size(head.length);
}

std::size_t encode_frame(std::byte* target, frame_head head, bytes_view payload,
                         mask_key key) noexcept {
  if (payload.size() < layout::worth_a_call)
    return layout::put_short_frame(target, head, payload, key);
  head.length = payload.size();
  const std::size_t header = layout::put_header(target, head, key);
  mask_copy(target + header, payload, key);
  return header + payload.size();
}

void change_key(std::byte* frame, mask_key fresh) noexcept {
  frame_head head;
  const std::size_t header = read_header(frame, head);
  std::byte* const key = frame + header - fresh.size();
  mask_key change;
  for (std::size_t i = 0; i < change.size(); ++i) change[i] = key[i] ^ fresh[i];
  std::byte* const payload = frame + header;
  mask_copy(payload, {payload, static_cast<std::size_t>(head.length)}, change);
  std::ranges::copy(fresh, key);
}

}  // namespace wsx::protocol
