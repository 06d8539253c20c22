#pragma once

#include <wsx/config.hpp>

#include <asio/awaitable.hpp>

#include <cstdint>

namespace wsx::detail {

class callback_context;

// A message on its way to a callback, which it knows.
class mail {
 public:
  virtual ~mail() = default;

  // Whether the callback is a coroutine.
  virtual bool is_async() const noexcept = 0;

  // Whether it arrives without a connection, too.
  bool any_phase = false;

  // Calls it. One of the two is called, as `is_async` says.
  virtual void deliver(callback_context& to) = 0;
  virtual asio::awaitable<void> deliver_async(callback_context& to) = 0;

 private:
  friend class mailbox;
  mail* next_ = nullptr;
};

}  // namespace wsx::detail
