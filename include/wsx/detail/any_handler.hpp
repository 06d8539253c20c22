#pragma once

#include <wsx/config.hpp>

#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/incoming.hpp>

#include <asio/awaitable.hpp>

namespace wsx::detail {

class callback_context;

// The user's handler without its type.
class any_handler {
 public:
  virtual ~any_handler() = default;

  // What it wants to be given.
  virtual protocol::reception reception() const noexcept = 0;

  // Whether a callback for frames is a coroutine, so that what it views must outlive a suspension.
  virtual bool receives_async() const noexcept = 0;

  // Calls back for everything that `input` gives out. One of the two is called, as
  // `receives_async` says.
  virtual void receive(callback_context& client, protocol::incoming& input) = 0;
  virtual asio::awaitable<void> receive_async(callback_context& client,
                                              protocol::incoming& input) = 0;

  // What there is to wait for: not valid if the callback was no coroutine, and is through.
  virtual asio::awaitable<void> init(callback_context& client, const connection_info& info) = 0;
  virtual asio::awaitable<void> handle_connect(callback_context& client,
                                               const connection_info& info) = 0;
  virtual asio::awaitable<void> terminate(callback_context& client, const close_reason& reason) = 0;

  virtual asio::awaitable<disconnect_decision> handle_disconnect(callback_context& client,
                                                                 const disconnect& what) = 0;
};

// What there is to await where a callback is no coroutine. Compiled once: a handler without
// coroutines instantiates none.
WSX_API asio::awaitable<void> nothing();
WSX_API asio::awaitable<disconnect_decision> decided(disconnect_decision decision);

}  // namespace wsx::detail
