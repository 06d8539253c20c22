#pragma once

#include "async_event.hpp"
#include "inbox.hpp"

#include <wsx/detail/callback_context.hpp>

#include <asio/awaitable.hpp>

namespace wsx::detail {

// Messages that arrive without a connection. They are not delivered if `canceled`: a caller that no
// longer waits for `connect` does not wait for another callback.

// Delivers those that there are, once the client is not suspended.
asio::awaitable<void> deliver_any_phase(async_event& news, inbox& from, callback_context& to,
                                        const bool& canceled);

// Delivers such messages, or waits until something happens.
asio::awaitable<void> wait_for_news(async_event& news, inbox& from, callback_context& to,
                                    const bool& canceled);

}  // namespace wsx::detail
