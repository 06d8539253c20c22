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

/// Takes the frames of the producers into a batch, each producer in its turn. A message sent in
/// fragments is not interrupted by that of another (RFC 6455 5.4).
///
/// Queues whose frames are masked are written from where the frames lie, unless they are short and
/// something else goes along. Other frames, and those that wait behind a queue, are left to the
/// `frame_writer`.
class frame_sources {
 public:
  explicit frame_sources(frame_writer& writer) noexcept : writer_(writer) {}
  frame_sources(const frame_sources&) = delete;
  frame_sources& operator=(const frame_sources&) = delete;

  WSX_API void attach(std::shared_ptr<frame_source> source);
  /// Forgets a producer. True if it has left a message unfinished on this connection.
  WSX_API bool detach(const frame_source* source);
  const std::vector<std::shared_ptr<frame_source>>& sources() const noexcept { return sources_; }

  /// Whether none has anything to send.
  bool quiet() const noexcept {
    return std::ranges::all_of(sources_, [](const auto& source) { return source->empty(); });
  }

  /// Goes on with the message that a producer has begun to send in fragments, and with no more of
  /// that producer: others have waited.
  WSX_API void go_on();

  /// Has every producer in turn fill the batch, if another message may begin. The next batch begins
  /// with the one behind the last that was asked.
  void fill() {
    if (!sources_.empty()) fill_in_turn();
  }

  /// For the next connection. What was not written goes out again; if `drop`, the queues are
  /// emptied, and what is still queued is dropped until its producer has seen connection `next`.
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
  std::size_t turn_ = 0;  // the source to begin with
  bool drops_ = false;    // what they queue before they see the connection is dropped
  std::uint32_t connection_ = 0;
};

}  // namespace wsx::protocol
