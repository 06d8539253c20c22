#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <asio/any_io_executor.hpp>

#include <memory>

namespace wsx::detail {

// Something that holds handlers which may own it. When the execution context ends with handlers
// still waiting, nobody will ever call them: the context tells, and the cycle is broken.
class context_hook {
 public:
  WSX_API explicit context_hook(const asio::any_io_executor& executor);
  context_hook(const context_hook&) = delete;
  context_hook& operator=(const context_hook&) = delete;

  // The context ends: destroy the handlers. `this` may be destroyed by it.
  virtual void drop_handlers() noexcept = 0;

 protected:
  WSX_API virtual ~context_hook();

 private:
  friend struct hook_list;
  class service;
  std::shared_ptr<struct hook_list> list_;  // outlives the context if a hook does
  context_hook* newer_ = nullptr;           // the neighbors there
  context_hook* older_ = nullptr;
};

}  // namespace wsx::detail
