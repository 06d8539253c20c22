#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <asio/awaitable.hpp>

#include <cstdint>

namespace wsx::detail {

class callback_context;

// A message with the callback that it is for.
class WSX_API_TYPE mail {
 public:
  virtual ~mail() = default;

  // Returns whether the callback is a coroutine.
  virtual bool is_async() const noexcept = 0;

  // Whether it is delivered even without a connection.
  bool any_phase = false;

  // Calls the callback. `is_async` says which of the two is called.
  virtual void deliver(callback_context& to) = 0;
  virtual asio::awaitable<void> deliver_async(callback_context& to) = 0;

 private:
  friend class mailbox;
  mail* next_ = nullptr;
};

}  // namespace wsx::detail
