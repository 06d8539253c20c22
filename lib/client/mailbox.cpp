#include "mailbox.hpp"

namespace wsx::detail {

mailbox::~mailbox() {
  close();
}

bool mailbox::push(std::unique_ptr<mail> message, bool even_if_full) noexcept {
  if (closed_.load(std::memory_order_acquire)) return false;
  if (size_.fetch_add(1, std::memory_order_relaxed) >= limit_ && !even_if_full) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  mail* const added = message.release();
  added->next_ = newest_.load(std::memory_order_relaxed);
  while (!newest_.compare_exchange_weak(added->next_, added, std::memory_order_release,
                                        std::memory_order_relaxed)) {}
  return true;
}

const mail* mailbox::front() noexcept {
  if (oldest_ == nullptr) take_all();
  return oldest_;
}

std::unique_ptr<mail> mailbox::pop() noexcept {
  if (front() == nullptr) return nullptr;
  std::unique_ptr<mail> message(oldest_);
  oldest_ = message->next_;
  size_.fetch_sub(1, std::memory_order_relaxed);
  return message;
}

// Takes the producers' list and turns it round.
void mailbox::take_all() noexcept {
  mail* taken = newest_.exchange(nullptr, std::memory_order_acquire);
  while (taken != nullptr) {
    mail* const older = taken->next_;
    taken->next_ = oldest_;
    oldest_ = taken;
    taken = older;
  }
}

void mailbox::close() noexcept {
  closed_.store(true, std::memory_order_release);
  while (pop()) {}
}

}  // namespace wsx::detail
