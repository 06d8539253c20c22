#include "mailbox.hpp"

#include <utility>

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
  if (message->any_phase) any_phase_.fetch_add(1, std::memory_order_relaxed);
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
  return front() == nullptr ? nullptr : unlink(&oldest_);
}

const mail* mailbox::front_any_phase() noexcept {
  mail** const place = oldest_any_phase();
  return place == nullptr ? nullptr : *place;
}

std::unique_ptr<mail> mailbox::pop_any_phase() noexcept {
  mail** const place = oldest_any_phase();
  return place == nullptr ? nullptr : unlink(place);
}

// Returns the link of that message; null if there is none.
mail** mailbox::oldest_any_phase() noexcept {
  if (any_phase_.load(std::memory_order_relaxed) == 0) return nullptr;
  take_all();
  while (*searched_ != nullptr && !(*searched_)->any_phase) searched_ = &(*searched_)->next_;
  return *searched_ == nullptr ? nullptr : searched_;
}

std::unique_ptr<mail> mailbox::unlink(mail** place) noexcept {
  std::unique_ptr<mail> message(*place);
  *place = message->next_;
  if (end_ == &message->next_) end_ = place;
  if (searched_ == &message->next_) searched_ = place;
  size_.fetch_sub(1, std::memory_order_relaxed);
  if (message->any_phase) any_phase_.fetch_sub(1, std::memory_order_relaxed);
  return message;
}

// Takes the producers' list, reverses it, and appends it to the consumer's.
void mailbox::take_all() noexcept {
  mail* taken = newest_.exchange(nullptr, std::memory_order_acquire);
  if (taken == nullptr) return;
  mail** const end = std::exchange(end_, &taken->next_);  // the newest will be the last
  mail* in_order = nullptr;
  while (taken != nullptr) {
    mail* const older = taken->next_;
    taken->next_ = in_order;
    in_order = taken;
    taken = older;
  }
  *end = in_order;
}

void mailbox::close() noexcept {
  closed_.store(true, std::memory_order_release);
  while (pop()) {}
}

}  // namespace wsx::detail
