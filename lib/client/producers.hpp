#pragma once

#include "burst_estimate.hpp"
#include "send_channel.hpp"
#include "waiting_list.hpp"

#include <wsx/detail/completion.hpp>
#include <wsx/protocol/outbox.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <system_error>
#include <utility>
#include <vector>

namespace wsx::detail {

// The producers that send from outside of callbacks: their channels, which outlive connections, and
// the operations that wait until frames have been written. On the strand.
class producers {
 public:
  explicit producers(std::size_t max_staged)
      : outbox_(std::make_unique<protocol::outbox>(max_staged)) {}

  // The outbox that they and the connection send from.
  protocol::outbox& outbox() noexcept { return *outbox_; }
  const protocol::outbox& outbox() const noexcept { return *outbox_; }

  // The old outbox is `between_messages`: they go on to send from `next`. Returns the old one.
  std::unique_ptr<protocol::outbox> move_to(std::unique_ptr<protocol::outbox> next) noexcept {
    next->take_producers(*outbox_);
    return std::exchange(outbox_, std::move(next));
  }

  burst_estimate& bursts() noexcept { return bursts_; }

  void attach(std::shared_ptr<send_channel> channel) { outbox_->attach(std::move(channel)); }

  // Everything queued at one moment: the positions that each source must reach, and where it was.
  struct queued_mark {
    struct stretch {
      std::shared_ptr<protocol::frame_source> source;
      std::uint64_t from;
      std::uint64_t until;
    };
    std::uint64_t staged;
    std::vector<stretch> queued;
  };
  // Marks everything that is queued now.
  queued_mark mark() const;
  // Returns whether all of that has been written.
  bool written(const queued_mark& mark) const;

  // Completes `done` once everything sent so far has been written.
  void add_flush(ticket t, completion<std::error_code> done);

  // Completes the flush with that ticket, or withdraws the frame of that send unless it was begun.
  void cancel(ticket t);

  // Bytes have been written, or frames dropped: completes operations that waited for that. Returns
  // whether a sender that was destroyed has left a message unfinished, so that only a Close can
  // follow.
  bool after_write() {
    if (outbox_->sources().empty() && flush_marks_.empty()) return false;  // only callbacks send
    settle_flushes();
    tell();
    return drop_retired();
  }

  // The connection has ended; `next` will be the number of the next one. Completes nothing: `tell`
  // does that.
  void connection_ended(bool drops_unsent, std::uint32_t next);

  // Completes the operations that no longer wait. Completing one may throw, if there is no memory
  // to post its handler: the others are completed the next time.
  void tell();

  // Nothing will be sent any more: completes all sends and flushes.
  void fail(std::error_code error);

  void drop_handlers() noexcept;

 private:
  // A flush waits until everything queued before it has been written.
  struct flush_mark : queued_mark {
    ticket number;
    std::optional<std::error_code> outcome{};  // what it is to be told
  };

  // All that a client's outbox takes frames from.
  auto channels() const noexcept {
    return outbox_->sources() | std::views::transform([](const auto& source) -> send_channel& {
             return static_cast<send_channel&>(*source);
           });
  }

  void settle_flushes();
  void tell_flushes();
  bool drop_retired();
  void cancel_send(send_channel& channel);
  static bool lost(const flush_mark& mark);
  std::unique_ptr<protocol::outbox> outbox_;
  burst_estimate bursts_;
  std::vector<flush_mark> flush_marks_;
  waiting_list<std::error_code> on_flushed_;
};

}  // namespace wsx::detail
