#pragma once

#include "async_event.hpp"

#include <wsx/detail/callback_context.hpp>

#include <asio/awaitable.hpp>

#include <system_error>

namespace wsx::detail {

class engine;

// The suspension of a client: no callback begins, and nothing is read. It begins between two
// callbacks, so that none is running until it ends. On the strand.
class suspension {
 public:
  explicit suspension(engine& client) noexcept : client_(client) {}

  // Returns an error if the client is about to end, or has ended.
  std::error_code begin();
  // The client goes on.
  void end();
  // The client is about to end, and its last callbacks are called.
  void lift();

 private:
  engine& client_;
};

// Waits while the client is suspended; `news` is notified when that may have changed. Nobody waits
// for a callback any more if `canceled`, or if the client is stopped.
asio::awaitable<void> wait_for_resume(async_event& news, const callback_context& client,
                                      const bool& canceled);

}  // namespace wsx::detail
