#include "any_phase_mail.hpp"

#include "suspension.hpp"

namespace wsx::detail {

namespace {

// Returns whether there were any.
asio::awaitable<bool> deliver_present(inbox& from, callback_context& to, const bool& canceled) {
  bool any = false;
  while (!to.halted() && !canceled) {
    const auto message = from.pop_any_phase();
    if (!message) break;
    any = true;
    if (message->is_async()) {
      co_await message->deliver_async(to);
    } else {
      message->deliver(to);
    }
  }
  co_return any;
}

}  // namespace

asio::awaitable<void> deliver_any_phase(async_event& news, inbox& from, callback_context& to,
                                        const bool& canceled) {
  do {
    co_await wait_for_resume(news, to, canceled);
    co_await deliver_present(from, to, canceled);
  } while (to.suspended() && !to.stopped() && !canceled);
}

asio::awaitable<void> wait_for_news(async_event& news, inbox& from, callback_context& to,
                                    const bool& canceled) {
  const bool any = co_await deliver_present(from, to, canceled);
  if (!any && !news.take_notification()) co_await news.wait();
}

}  // namespace wsx::detail
