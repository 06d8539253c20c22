#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <asio/any_io_executor.hpp>

#include <memory>

namespace wsx::detail {

// An object with handlers that may own it. If the execution context ends while handlers still wait,
// they will never be called. The context then calls `drop_handlers`, which breaks the cycle.
class context_hook {
 public:
  WSX_API explicit context_hook(const asio::any_io_executor& executor);
  context_hook(const context_hook&) = delete;
  context_hook& operator=(const context_hook&) = delete;

  // The context ends: destroys the handlers, which may destroy `this`.
  virtual void drop_handlers() noexcept = 0;

 protected:
  WSX_API virtual ~context_hook();

 private:
  friend struct hook_list;
  class service;
  std::shared_ptr<struct hook_list> list_;  // outlives the context if a hook does
  context_hook* newer_ = nullptr;           // neighbors in that list
  context_hook* older_ = nullptr;
};

}  // namespace wsx::detail
