#include "supervision.hpp"

#include <wsx/close_code.hpp>
#include <wsx/detail/process.hpp>

#include <atomic>
#include <utility>

// The two kinds of processes that a supervisor runs.

namespace wsx::detail {

namespace {

class client_process final : public process {
 public:
  client_process(addressee client, request target, std::shared_ptr<void> owner) noexcept
      : client_(std::move(client)), target_(std::move(target)), owner_(std::move(owner)) {}

  void start(diagnostics* details, completion<std::error_code> done) override {
    engine().connect(engine().next_ticket(), std::move(target_), details, std::move(done));
  }
  void join(completion<std::error_code, close_reason> done) override {
    engine().join(engine().next_ticket(), std::move(done));
  }
  void shutdown() override {
    completion<std::error_code> nobody([](std::error_code) {}, engine().serial());
    engine().close(engine().next_ticket(), {close_code::going_away, {}}, std::move(nobody));
  }
  void abort() override { engine().abort(); }
  void kill() noexcept override {
    if (!killed_.exchange(true)) owner_.reset();
  }
  const addressee* as_client() const noexcept override { return &client_; }

 private:
  const engine_ref& engine() const noexcept { return client_.engine; }

  const addressee client_;
  request target_;
  std::shared_ptr<void> owner_;
  std::atomic<bool> killed_{false};
};

class supervisor_process final : public process {
 public:
  explicit supervisor_process(std::shared_ptr<supervision> tree) noexcept
      : tree_(std::move(tree)) {}
  ~supervisor_process() override { tree_->kill(); }
  supervisor_process(const supervisor_process&) = delete;
  supervisor_process& operator=(const supervisor_process&) = delete;

  void start(diagnostics* details, completion<std::error_code> done) override {
    tree_->start(tree_->next_ticket(), details, std::move(done));
  }
  void join(completion<std::error_code, close_reason> done) override {
    auto without_reason = [told = std::move(done)](std::error_code error) mutable {
      told(error, {});
    };
    tree_->join(tree_->next_ticket(), {std::move(without_reason), tree_->serial()});
  }
  void shutdown() override { tree_->stop(); }
  void abort() override { tree_->kill(); }
  void kill() noexcept override { tree_->kill(); }
  supervision* as_supervisor() const noexcept override { return tree_.get(); }

 private:
  const std::shared_ptr<supervision> tree_;
};

}  // namespace

std::shared_ptr<process> make_process(addressee client, request target,
                                      std::shared_ptr<void> owner) {
  return std::make_shared<client_process>(std::move(client), std::move(target), std::move(owner));
}

std::shared_ptr<process> make_process(std::shared_ptr<supervision> tree) {
  return std::make_shared<supervisor_process>(std::move(tree));
}

}  // namespace wsx::detail
