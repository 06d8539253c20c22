#include "any_phase.hpp"

namespace wsx::detail {

asio::awaitable<bool> deliver_any_phase(inbox& from, callback_context& to, const bool& canceled) {
  bool any = false;
  while (!to.stopped() && !canceled) {
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

asio::awaitable<void> wait_for_news(async_event& news, inbox& from, callback_context& to,
                                    const bool& canceled) {
  const bool any = co_await deliver_any_phase(from, to, canceled);
  if (!any && !news.take_notification()) co_await news.wait();
}

}  // namespace wsx::detail
