#include "async_event.hpp"

#include <asio/async_result.hpp>
#include <asio/use_awaitable.hpp>

#include <new>
#include <utility>

namespace wsx::detail {

// The handler that resumes a coroutine. It is stored in place, so that sleeping costs no
// allocation.
struct async_event::slot {
  slot() = default;
  ~slot() { drop(); }
  slot(const slot&) = delete;
  slot& operator=(const slot&) = delete;

  template <class Handler>
  void keep(Handler handler) {
    static_assert(sizeof(Handler) <= sizeof(place));
    static_assert(alignof(Handler) <= alignof(slot));
    new (place) Handler(std::move(handler));
    take = [](slot& s, bool resume) {
      auto* const kept = std::launder(reinterpret_cast<Handler*>(s.place));
      Handler waiter(std::move(*kept));
      kept->~Handler();
      s.take = nullptr;
      if (resume) std::move(waiter)();
    };
  }

  void drop() {
    if (take != nullptr) take(*this, false);
  }

  void (*take)(slot&, bool resume) = nullptr;  // null: there is no waiter
  alignas(std::max_align_t) std::byte place[64];
};

async_event::async_event() = default;
async_event::~async_event() = default;

void async_event::notify() {
  if (slot_ && slot_->take != nullptr) {
    slot_->take(*slot_, true);
  } else {
    notified_ = true;
  }
}

asio::awaitable<void> async_event::wait() {
  if (!slot_) slot_ = std::make_unique<slot>();
  const auto keep = [](auto handler, slot* where) { where->keep(std::move(handler)); };
  auto token = asio::use_awaitable;
  return asio::async_initiate<asio::use_awaitable_t<>, void()>(keep, token, slot_.get());
}

// The waiter may own the owner of this event.
void async_event::drop() noexcept {
  if (slot_) slot_->drop();
}

void async_event::release() noexcept {
  slot_.reset();
}

}  // namespace wsx::detail
