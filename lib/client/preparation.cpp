#include "preparation.hpp"

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>

#include <stdexcept>
#include <typeinfo>
#include <utility>

namespace wsx::detail {

void preparation::begin(const asio::any_io_executor& strand, std::size_t attempt,
                        async_event& waiter) {
  asio::awaitable<void> waiting;
  try {
    const prepare_function& function = hook_.function();
    if (function.result() != typeid(void) && function.result() != typeid(waiting))
      throw std::invalid_argument("it does not return asio::awaitable<void>");
    function.call(target_, attempt, &waiting);
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
