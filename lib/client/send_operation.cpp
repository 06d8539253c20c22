#include "engine.hpp"

#include <wsx/detail/send_operation.hpp>

#include <utility>

namespace wsx::detail {

send_operation::send_operation(std::shared_ptr<send_channel> channel,
                               const protocol::outgoing_frame& frame, bool starts_at_once)
    : channel_(std::move(channel)), frame_(frame), copied_(!starts_at_once) {
  if (copied_) copy_.assign(frame.payload.begin(), frame.payload.end());
}

errc send_operation::try_now(const engine_ref& e) {
  if (copied_) frame_.payload = copy_;  // of this object, which may be a copy
  return e.try_send(*channel_, frame_);
}

void send_operation::wait(const engine_ref& e, ticket t, completion<std::error_code> done) {
  if (!copied_) copy_.assign(frame_.payload.begin(), frame_.payload.end());
  frame_.payload = copy_;
  e.send(t, std::move(channel_), frame_, std::move(done), std::move(copy_));
}

}  // namespace wsx::detail
