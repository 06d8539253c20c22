#pragma once

#include "cancelable.hpp"
#include "mailbox.hpp"

#include <wsx/detail/mail.hpp>
#include <wsx/error.hpp>
#include <wsx/memory/lazy.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace wsx::detail {

// The mail of a client, the sources that will post mail, and whether the strand has been notified
// of mail.
class inbox {
 public:
  explicit inbox(std::size_t limit) noexcept : mailbox_(limit) {}

  // From any thread. `urgent` mail, which the user has asked for, is not lost in a burst of other
  // mail, and arrives in any phase.
  std::error_code post(std::unique_ptr<mail> message, bool urgent) {
    if (urgent) message->any_phase = true;
    return mailbox_.push(std::move(message), urgent) ? std::error_code() : errc::mailbox_full;
  }

  // From any thread: returns whether the caller has to notify the strand.
  bool must_tell() noexcept { return !told_.exchange(true, std::memory_order_acq_rel); }

  // The strand has been notified, or could not be.
  void reset_told() noexcept { told_.exchange(false, std::memory_order_acq_rel); }

  // The rest is for the strand.

  std::size_t size() const noexcept { return mailbox_.size(); }
  bool empty() const noexcept { return size() == 0; }
  // Returns the oldest message, or null.
  const mail* front() noexcept { return mailbox_.front(); }
  std::unique_ptr<mail> pop() noexcept { return mailbox_.pop(); }
  // Returns the oldest message that also arrives without a connection, or null.
  const mail* front_any_phase() noexcept { return mailbox_.front_any_phase(); }
  std::unique_ptr<mail> pop_any_phase() noexcept { return mailbox_.pop_any_phase(); }

  // A timer, or a signal that is watched: it is canceled when the client ends.
  void add(std::shared_ptr<cancelable> source) { sources_.change().insert(std::move(source)); }
  void remove(const std::shared_ptr<cancelable>& source) { sources_.change().erase(source); }

  // Accepts no more mail and destroys waiting mail.
  void close() {
    mailbox_.close();
    const auto sources = std::exchange(sources_, {});
    for (const auto& each : *sources) each->cancel();
  }
  // The same as `close`, but without a call to any source.
  void drop() noexcept {
    mailbox_.close();
    const auto dropped = std::exchange(sources_, {});
  }

 private:
  [[no_unique_address]] mailbox mailbox_;  // its padding holds what follows
  std::atomic<bool> told_{false};
  memory::lazy<std::set<std::shared_ptr<cancelable>>> sources_;
};

}  // namespace wsx::detail
