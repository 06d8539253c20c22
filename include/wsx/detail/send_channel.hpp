#pragma once

#include <wsx/detail/completion.hpp>
#include <wsx/detail/waiting_list.hpp>
#include <wsx/protocol/frame_source.hpp>
#include <wsx/protocol/outgoing.hpp>

#include <atomic>
#include <system_error>

namespace wsx::detail {

// One producer's way to the wire: the frame source that the outbox empties, and what both sides
// know of a `send` that waits.
struct send_channel : protocol::frame_source {
  using frame_source::frame_source;

  // The producer's.
  protocol::outgoing_check check{};
  protocol::outgoing_check check_before{};  // what it was before the `send` that waits

  // A `send` waits: nothing else may be queued before it. Set by the producer, cleared on the
  // strand.
  std::atomic<bool> blocked{false};

  // The strand's.
  bool retired = false;                      // its sender is gone
  completion<std::error_code> on_written{};  // to be called when the waiting frame has been written
  ticket number = 0;

  // The frame that waits will not be sent: as if its `send` had not been.
  void unblock() noexcept {
    check = check_before;
    blocked.store(false, std::memory_order_release);
  }
};

}  // namespace wsx::detail
