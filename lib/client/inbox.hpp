#pragma once

#include "cancelable.hpp"
#include "mailbox.hpp"
#include "waiting_request.hpp"

#include <wsx/detail/mail.hpp>
#include <wsx/error.hpp>
#include <wsx/memory/lazy.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace wsx::detail {

// The mail of a client, the sources that will post mail, the requests whose place is among the
// mail, and whether the strand has been notified of mail.
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
  void add(std::shared_ptr<cancelable> source) { more_.change().sources.insert(std::move(source)); }
  void remove(const std::shared_ptr<cancelable>& source) { more_.change().sources.erase(source); }

  // A request that waits.
  using request = std::shared_ptr<waiting_request>;
  void add(request waiting) { more_.change().requests.push_back(std::move(waiting)); }
  void remove(const request& waiting) {
    if (!more_->requests.empty()) std::erase(more_.change().requests, waiting);
  }
  // Returns the request with that number, or the oldest one; null if there is none.
  request find(ticket number) const {
    const auto found = std::ranges::find(more_->requests, number,
                                         [](const request& each) { return each->number; });
    return found == more_->requests.end() ? nullptr : *found;
  }
  request first() const { return more_->requests.empty() ? nullptr : more_->requests.front(); }

  // When the client last went on after it was suspended.
  using time_point = std::chrono::steady_clock::time_point;
  time_point resumed() const noexcept { return more_->resumed; }
  void set_resumed(time_point when) { more_.change().resumed = when; }

  // Accepts no more mail and destroys waiting mail. Requests still wait.
  void close() {
    mailbox_.close();
    if (more_->sources.empty()) return;
    const auto sources = std::exchange(more_.change().sources, {});
    for (const auto& each : sources) each->cancel();
  }
  // The same as `close`, but without a call to any source, and without the requests.
  void drop() noexcept {
    mailbox_.close();
    const auto dropped = std::exchange(more_, {});
  }

 private:
  // What few clients need.
  struct rare {
    std::set<std::shared_ptr<cancelable>> sources{};
    std::vector<request> requests{};
    time_point resumed = time_point::min();
  };

  [[no_unique_address]] mailbox mailbox_;  // its padding holds what follows
  std::atomic<bool> told_{false};
  memory::lazy<rare> more_;
};

}  // namespace wsx::detail
