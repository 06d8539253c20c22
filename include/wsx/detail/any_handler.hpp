#pragma once

#include <wsx/config.hpp>

#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/detail/events.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/incoming.hpp>

#include <asio/awaitable.hpp>

#include <string>

namespace wsx::detail {

class callback_context;
class replaceable_handler;

// The user's handler without its type.
class WSX_API_TYPE any_handler {
 public:
  virtual ~any_handler() = default;

  // Returns which events the handler accepts.
  virtual protocol::reception reception() const noexcept = 0;

  // Returns whether a callback for frames is a coroutine, whose views must outlive a suspension.
  virtual bool receives_async() const noexcept = 0;

  // Calls the handler for each event of `input`. `receives_async` says which of the two is called.
  virtual void receive(callback_context& client, protocol::incoming& input) = 0;
  virtual asio::awaitable<void> receive_async(callback_context& client,
                                              protocol::incoming& input) = 0;

  // Each returns an awaitable to wait for. It is invalid if the callback was not a coroutine and
  // has returned.
  virtual asio::awaitable<void> init(callback_context& client, const connection_info& info) = 0;
  virtual asio::awaitable<void> handle_connect(callback_context& client,
                                               const connection_info& info) = 0;
  virtual asio::awaitable<void> handle_disconnect(callback_context& client,
                                                  const disconnect& what) = 0;
  virtual asio::awaitable<void> terminate(callback_context& client, const close_reason& reason) = 0;

  // What the handler says about itself in the client's status.
  virtual std::string format_status() const = 0;

  // Returns which events the handler takes; others need not be passed to it.
  virtual event_set events() const noexcept = 0;
  virtual void handle_event(any_event e) = 0;

  // Returns this handler if it can be replaced by another; otherwise null.
  virtual replaceable_handler* replaceable() noexcept { return nullptr; }
};

// Awaitables for callbacks that are not coroutines. They are compiled once, so that a handler
// without coroutines instantiates none.
WSX_API asio::awaitable<void> nothing();

}  // namespace wsx::detail
