#pragma once

#include "../client/context_hook.hpp"
#include "../client/waiting_list.hpp"
#include "running_processes.hpp"
#include "supervisor_life.hpp"

#include <wsx/child_spec.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/detail/process.hpp>
#include <wsx/detail/supervision_ref.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/supervisor.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/any_io_executor.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

namespace wsx::detail {

// What can be asked of a supervisor, from any thread; it is posted to the strand. See
// `supervision_ref`.
class supervision final : public std::enable_shared_from_this<supervision>, public context_hook {
 public:
  supervision(const asio::any_io_executor& executor, const supervisor_options& options,
              std::vector<child_spec> children);

  // From any thread.
  ticket next_ticket() noexcept { return tickets_.fetch_add(1, std::memory_order_relaxed) + 1; }
  void start(ticket t, diagnostics* details, completion<std::error_code> done);
  void call(supervisor_call what, diagnostics* details, completion<std::error_code> done);
  void stop(ticket t, completion<std::error_code> done);
  void stop();
  void join(ticket t, completion<std::error_code> done);
  void cancel(ticket t);
  void kill() noexcept;
  void get_childspec(std::string name, completion<std::error_code, std::optional<child_spec>> done);
  void which_children(completion<std::vector<child_info>> done);
  void count_children(completion<child_counts> done);
  void tree(completion<std::string> done);
  running_processes& running() noexcept { return running_; }
  const strand& serial() const noexcept { return serial_; }
  // Whether the owner is gone.
  bool gone() const noexcept { return gone_.load(std::memory_order_relaxed); }

  // On the strand: the supervisor's life.
  supervisor_life& life() noexcept { return life_; }
  // Whether the request with that ticket still has a caller that waits.
  bool awaited(ticket t) const { return waiting_.contains(t); }
  // Completes that request. `what` describes a failure.
  void complete(ticket t, std::error_code error, const std::string& what);
  // The supervisor has ended.
  void ended(std::error_code how);

 private:
  struct waiting_call {
    diagnostics* details;
    completion<std::error_code> done;
  };

  void drop_handlers() noexcept override;

  const strand serial_;
  std::atomic<ticket> tickets_{0};
  std::atomic<bool> gone_{false};
  running_processes running_;
  std::unordered_map<ticket, waiting_call> waiting_;
  waiting_list<std::error_code> stops_;
  waiting_list<std::error_code> joins_;
  supervisor_life life_;
};

}  // namespace wsx::detail
