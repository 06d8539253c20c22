#include <wsx/detail/context_hook.hpp>

#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/query.hpp>

#include <mutex>
#include <unordered_set>

namespace wsx::detail {

struct hook_list {
  std::mutex mutex;
  std::unordered_set<context_hook*> hooks;

  context_hook* first() {
    const std::lock_guard lock(mutex);
    if (hooks.empty()) return nullptr;
    context_hook* const hook = *hooks.begin();
    hooks.erase(hooks.begin());
    return hook;
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
    while (context_hook* const hook = list_->first()) hook->drop_handlers();
  }

  std::shared_ptr<hook_list> list_;
};

asio::execution_context::id context_hook::service::id;

context_hook::context_hook(const asio::any_io_executor& executor) {
  auto& context = asio::query(executor, asio::execution::context);
  list_ = asio::use_service<service>(context).list();
  const std::lock_guard lock(list_->mutex);
  list_->hooks.insert(this);
}

context_hook::~context_hook() {
  const std::lock_guard lock(list_->mutex);
  list_->hooks.erase(this);
}

}  // namespace wsx::detail
