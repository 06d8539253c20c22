#pragma once

#include "engine.hpp"

#include <atomic>

namespace wsx::detail {

// Code of the user is called with the handler between two callbacks. Meanwhile the handler stays,
// even if the client ends and its object is destroyed, on any thread. On the strand, one at a time.
class handler_use {
 public:
  explicit handler_use(engine& client) noexcept : client_(client) {
    const auto before = client_.use_.fetch_or(engine::in_use, std::memory_order_acq_rel);
    exists_ = (before & engine::released) == 0 && client_.parts().handler;
  }

  ~handler_use() {
    const auto before = client_.use_.fetch_and(engine::released, std::memory_order_acq_rel);
    if (!exists_) return;
    if ((before & engine::released) != 0) {
      client_.parts().handler.reset();
    } else if (client_.state().current_phase() == phase::over) {
      client_.life_over();
    }
  }

  handler_use(const handler_use&) = delete;
  handler_use& operator=(const handler_use&) = delete;

  // Returns whether there still is a handler.
  explicit operator bool() const noexcept { return exists_; }

 private:
  engine& client_;
  bool exists_;
};

}  // namespace wsx::detail
