#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/mail.hpp>
#include <wsx/export.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace wsx::detail {

// A lock-free queue of messages from any thread to one, with a limit on their number.
class mailbox {
 public:
  explicit mailbox(std::size_t limit) noexcept
      : limit_(static_cast<std::uint32_t>(std::min<std::size_t>(limit, most))) {}
  WSX_API ~mailbox();
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  // From any thread. Returns false if the mailbox is closed or full; with `even_if_full` only if
  // closed.
  WSX_API bool push(std::unique_ptr<mail> message, bool even_if_full = false) noexcept;

  // Returns the oldest message, or null. The consumer's thread only.
  WSX_API const mail* front() noexcept;
  WSX_API std::unique_ptr<mail> pop() noexcept;
  // Returns the oldest message that arrives in any phase, or null; the others stay in order.
  WSX_API const mail* front_any_phase() noexcept;
  WSX_API std::unique_ptr<mail> pop_any_phase() noexcept;

  // Accepts no more messages and destroys waiting ones. The consumer's thread only.
  WSX_API void close() noexcept;

  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  void take_all() noexcept;
  mail** oldest_any_phase() noexcept;
  std::unique_ptr<mail> unlink(mail** place) noexcept;

  static constexpr std::uint32_t most = 1u << 31;

  std::atomic<mail*> newest_{nullptr};  // the producers' list, newest first
  mail* oldest_ = nullptr;              // the consumer's list, oldest first
  mail** end_ = &oldest_;               // where its next message is linked
  mail** searched_ = &oldest_;          // none of those before this arrives in any phase
  const std::uint32_t limit_;
  std::atomic<std::uint32_t> size_{0};
  std::atomic<std::uint32_t> any_phase_{0};  // number of messages that arrive in any phase
  std::atomic<bool> closed_{false};
};

}  // namespace wsx::detail
