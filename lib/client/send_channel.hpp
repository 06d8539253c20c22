#pragma once

#include "waiting_list.hpp"

#include <wsx/detail/completion.hpp>
#include <wsx/protocol/frame_source.hpp>
#include <wsx/protocol/outgoing.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace wsx::detail {

// One producer's channel: the frame source that the outbox takes from, and the state of a waiting
// `send`.
struct send_channel : protocol::frame_source {
  using frame_source::frame_source;

  static constexpr std::uint64_t none = ~std::uint64_t{0};

  // For the producer.
  protocol::send_validator check{};
  std::uint64_t admitted = none;   // the state in which frames may be queued without further checks
  std::size_t waited = 0;          // bytes of the frames that were not sent through the queue
  std::size_t message_begins = 0;  // a position within the first frame of a message in fragments

  // Their values before the waiting `send`.
  protocol::send_validator check_before{};
  std::size_t waited_before = 0;

  // A `send` waits: nothing else may be queued before it. Set by the producer, cleared on the
  // strand.
  std::atomic<bool> blocked{false};

  // For the strand.
  bool retired = false;                      // its sender is gone
  completion<std::error_code> on_written{};  // called when the waiting frame has been written
  ticket number = 0;

  // Called before a frame is queued. A message that was cut with its connection can't be continued
  // on another. `all_dropped`: nor can any other message of an earlier connection.
  void see_connection(std::uint32_t current, bool all_dropped) noexcept {
    if (connection.load(std::memory_order_relaxed) == current) return;
    if (check.in_message() && (all_dropped || is_cut())) check = {};
    queued_before.store(queue.pushed(), std::memory_order_relaxed);
    connection.store(current, std::memory_order_release);
  }

  // Returns whether the last fragmented message was cut with its connection.
  bool is_cut() const noexcept {
    const std::size_t cut = cut_before.load(std::memory_order_relaxed) - message_begins;
    return static_cast<std::ptrdiff_t>(cut) > 0;
  }

  // The checked frame has been queued.
  void commit(const protocol::outgoing_frame& frame) noexcept {
    if (check.within_message(frame)) commit_fragment(frame);
  }

  // The checked frame waits behind the queue.
  void commit_waiting(const protocol::outgoing_frame& frame) noexcept {
    check_before = check;
    waited_before = waited;
    waited += static_cast<std::size_t>(protocol::frame_size(frame.payload.size()));
    commit(frame);
  }

  // The waiting frame will not be sent: undoes its `send`.
  void unblock() noexcept {
    check = check_before;
    waited = waited_before;
    blocked.store(false, std::memory_order_release);
  }

 private:
  void commit_fragment(const protocol::outgoing_frame& frame) noexcept {
    const bool begins = !check.in_message();
    check.commit(frame);
    if (begins && check.in_message()) message_begins = queue.pushed() + waited - 1;
  }
};

}  // namespace wsx::detail
