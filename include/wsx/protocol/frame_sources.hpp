#pragma once

#include <wsx/export.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/frame_queue.hpp>
#include <wsx/protocol/frame_source.hpp>
#include <wsx/protocol/frame_writer.hpp>
#include <wsx/protocol/outgoing_batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace wsx::protocol {

/// Takes the frames of the producers into a batch, from one producer after another. No message
/// interrupts one that is sent in fragments (RFC 6455 5.4).
///
/// Masked frames are written directly from their queue, unless they are short and there are other
/// frames to write. Other frames, and those that wait behind a queue, are left to the
/// `frame_writer`.
class frame_sources {
 public:
  explicit frame_sources(frame_writer& writer) noexcept : writer_(writer) {}
  frame_sources(const frame_sources&) = delete;
  frame_sources& operator=(const frame_sources&) = delete;

  WSX_API void attach(std::shared_ptr<frame_source> source);
  /// Removes a producer. Returns whether it has left a message unfinished on this connection.
  WSX_API bool detach(const frame_source* source);
  const std::vector<std::shared_ptr<frame_source>>& sources() const noexcept { return sources_; }

  /// Takes the producers of another, which have no frames in a batch.
  WSX_API void take(frame_sources& from) noexcept;

  /// Returns whether no producer has anything to send.
  bool quiet() const noexcept {
    return std::ranges::all_of(sources_, [](const auto& source) { return source->empty(); });
  }

  /// Continues the fragmented message of a producer, and takes nothing else from it, since others
  /// have waited.
  WSX_API void go_on();

  /// Lets the producers fill the batch in turn, if another message may begin. The next batch begins
  /// with the producer after the last one.
  void fill() {
    if (!sources_.empty()) fill_in_turn();
  }

  /// Prepares for the next connection. Frames that were not written are sent again. If `drop`, the
  /// queues are emptied, and what a producer queues is dropped until it has seen connection `next`.
  /// Throws as `mask_key_source::next` does.
  WSX_API void reset(bool drop, std::uint32_t next);

 private:
  WSX_API void fill_in_turn();
  bool may_begin() const noexcept;
  void fill_from(frame_source& source, bool one_message);
  void put_ready(frame_source& source, bool one_message);
  frame_queue::run next_run(frame_source& source);
  void put_run(frame_source& source, const frame_queue::run& run);
  void put_encoded(frame_source& source, bool one_message);
  bool next_frame(frame_source& source, frame_writer::frame& next);
  bool next_queued(frame_source& source, frame_queue::frame& next, std::size_t most);
  bool cut_off(const frame_source& source, const frame_head& head) const noexcept;

  frame_writer& writer_;
  std::vector<std::shared_ptr<frame_source>> sources_;
  std::size_t turn_ = 0;  // index of the source to begin with
  bool drops_ = false;    // what producers queue before they see the connection is dropped
  std::uint32_t connection_ = 0;
};

}  // namespace wsx::protocol
