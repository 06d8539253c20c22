#include <wsx/frame.hpp>
#include <wsx/protocol/pong_queue.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace wsx::protocol {

void pong_queue::push(bytes_view payload) {
  if (count_ == max_waiting) pop();
  if (begin_ > payloads_.view().size() / 2) payloads_.erase_front(std::exchange(begin_, 0));
  std::array<std::byte, 1 + max_control_payload> entry;
  entry[0] = static_cast<std::byte>(payload.size());
  std::ranges::copy(payload, entry.begin() + 1);
  payloads_.append(std::span(entry).first(1 + payload.size()));
  ++count_;
}

void pong_queue::pop() noexcept {
  begin_ += static_cast<std::uint32_t>(1 + front().size());
  if (--count_ > 0) return;
  payloads_ = {};
  begin_ = 0;
}

}  // namespace wsx::protocol
