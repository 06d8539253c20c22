#include "preparation.hpp"

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>

#include <utility>

namespace wsx::detail {

void preparation::begin(const asio::any_io_executor& strand, std::size_t attempt,
                        async_event& waiter) {
  asio::awaitable<void> waiting;
  try {
    waiting = hook_(target_, attempt);
  } catch (...) {
    return finish(std::current_exception());
  }
  if (!waiting.valid()) return finish(nullptr);
  waiter_ = &waiter;
  auto finished = [self = shared_from_this()](std::exception_ptr what) {
    self->finish(std::move(what));
  };
  asio::co_spawn(strand, std::move(waiting),
                 asio::bind_cancellation_slot(cancel_.slot(), std::move(finished)));
}

void preparation::give_up() {
  forget();
  if (!finished_) cancel_.emit(asio::cancellation_type::terminal);
}

void preparation::finish(std::exception_ptr what) noexcept {
  finished_ = true;
  failure_ = std::move(what);
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->notify();
}

}  // namespace wsx::detail
