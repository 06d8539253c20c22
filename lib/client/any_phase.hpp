#pragma once

#include "async_event.hpp"
#include "inbox.hpp"

#include <wsx/detail/callback_context.hpp>

#include <asio/awaitable.hpp>

namespace wsx::detail {

// Delivers the messages that arrive without a connection, unless `canceled`: a caller that no
// longer waits for `connect` does not wait for another callback. Returns whether there were any.
asio::awaitable<bool> deliver_any_phase(inbox& from, callback_context& to, const bool& canceled);

// Delivers such messages, or waits until something happens.
asio::awaitable<void> wait_for_news(async_event& news, inbox& from, callback_context& to,
                                    const bool& canceled);

}  // namespace wsx::detail
