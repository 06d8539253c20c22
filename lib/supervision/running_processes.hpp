#pragma once

#include <wsx/detail/process.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace wsx::detail {

// The processes that a supervisor runs, by name. From any thread, so that messages find a child
// without the strand, and the destructor can end all of them.
class running_processes {
 public:
  // A process that is added after `kill_all` is killed, too.
  void add(const std::string& name, const std::shared_ptr<process>& started) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) {
        by_name_.insert_or_assign(name, started);
        return;
      }
    }
    started->kill();
  }

  void remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    by_name_.erase(name);
  }

  std::shared_ptr<process> find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

  void kill_all() noexcept {
    table taken;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      taken.swap(by_name_);
    }
    for (const auto& each : taken) each.second->kill();
  }

 private:
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using table = std::unordered_map<std::string, std::shared_ptr<process>, hash, std::equal_to<>>;

  mutable std::mutex mutex_;
  table by_name_;
  bool closed_ = false;
};

}  // namespace wsx::detail
