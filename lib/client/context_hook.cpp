#include "context_hook.hpp"

#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/query.hpp>

#include <mutex>

namespace wsx::detail {

// A list linked through the hooks themselves.
struct hook_list {
  std::mutex mutex;
  context_hook* newest = nullptr;

  void add(context_hook& hook) {
    const std::lock_guard lock(mutex);
    hook.older_ = newest;
    if (newest != nullptr) newest->newer_ = &hook;
    newest = &hook;
  }

  void remove(context_hook& hook) {
    const std::lock_guard lock(mutex);
    unlink(hook);
  }

  context_hook* take_newest() {
    const std::lock_guard lock(mutex);
    context_hook* const hook = newest;
    if (hook != nullptr) unlink(*hook);
    return hook;
  }

 private:
  // A hook that has been taken is in no list any more: nothing is done.
  void unlink(context_hook& hook) noexcept {
    if (newest == &hook) newest = hook.older_;
    if (hook.newer_ != nullptr) hook.newer_->older_ = hook.older_;
    if (hook.older_ != nullptr) hook.older_->newer_ = hook.newer_;
    hook.newer_ = hook.older_ = nullptr;
  }
};

class context_hook::service final : public asio::execution_context::service {
 public:
  using key_type = service;
  static asio::execution_context::id id;

  explicit service(asio::execution_context& context)
      : asio::execution_context::service(context), list_(std::make_shared<hook_list>()) {}

  const std::shared_ptr<hook_list>& list() const noexcept { return list_; }

 private:
  void shutdown() override {
    while (context_hook* const hook = list_->take_newest()) hook->drop_handlers();
  }

  std::shared_ptr<hook_list> list_;
};

asio::execution_context::id context_hook::service::id;

context_hook::context_hook(const asio::any_io_executor& executor) {
  auto& context = asio::query(executor, asio::execution::context);
  list_ = asio::use_service<service>(context).list();
  list_->add(*this);
}

context_hook::~context_hook() {
  list_->remove(*this);
}

}  // namespace wsx::detail
