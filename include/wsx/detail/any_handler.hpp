#pragma once

#include <wsx/config.hpp>

#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/message_assembler.hpp>

#include <asio/awaitable.hpp>

namespace wsx::detail {

class engine;

// The user's handler as the engine sees it.
class any_handler {
 public:
  virtual ~any_handler() = default;

  // Whether messages come whole or in pieces.
  virtual protocol::delivery delivery() const noexcept = 0;

  // Whether a callback for frames is a coroutine, so that what it views must outlive a suspension.
  virtual bool receives_async() const noexcept = 0;

  // Calls back for everything in the input that `input` was fed with. One of the two is called,
  // as `receives_async` says.
  virtual void receive(engine& from, protocol::message_assembler& input) = 0;
  virtual asio::awaitable<void> receive_async(engine& from, protocol::message_assembler& input) = 0;

  // What there is to wait for: not valid if the callback was no coroutine, and is through.
  virtual asio::awaitable<void> init(engine& from, const connection_info& info) = 0;
  virtual asio::awaitable<void> handle_connect(engine& from, const connection_info& info) = 0;
  virtual asio::awaitable<void> terminate(engine& from, const close_reason& reason) = 0;

  virtual asio::awaitable<disconnect_decision> handle_disconnect(engine& from,
                                                                 const disconnect& what) = 0;
};

// What is there to await where a callback is no coroutine. Compiled once: a handler without
// coroutines instantiates none.
WSX_API asio::awaitable<void> nothing();
WSX_API asio::awaitable<disconnect_decision> decided(disconnect_decision decision);

}  // namespace wsx::detail
