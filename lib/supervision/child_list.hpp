#pragma once

#include <wsx/child_spec.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/detail/process.hpp>
#include <wsx/diagnostics.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace wsx::detail {

// What is known about a process that was started.
struct process_watch {
  std::optional<std::error_code> started{};
  std::optional<std::error_code> ended{};
  diagnostics failure{};  // of the start
  close_reason reason{};  // of the end
};

struct supervised_child {
  explicit supervised_child(child_spec s) : spec(std::move(s)) {}

  bool temporary() const noexcept { return spec.restart == restart_type::temporary; }
  bool ended() const noexcept { return watch && watch->ended; }
  std::chrono::milliseconds time_to_end() const noexcept {
    constexpr std::chrono::milliseconds of_clients{5'000};
    return spec.shutdown.value_or(is_supervisor ? child_spec::infinity : of_clients);
  }
  child_info info() const {
    return {.name = spec.name,
            .state = state,
            .restart = spec.restart,
            .is_supervisor = is_supervisor,
            .starts = starts};
  }

  child_spec spec;
  child_state state = child_state::not_running;
  std::shared_ptr<process> running{};
  std::shared_ptr<process_watch> watch{};  // of what runs; tells one process from another
  std::uint64_t starts = 0;
  bool is_supervisor = false;
};

// The children in the order of start, found by name in constant time. Iterators stay valid.
class child_list {
 public:
  using iterator = std::list<supervised_child>::iterator;

  // Adds a child at the end. Returns `end()` if the name is taken.
  iterator add(child_spec spec) {
    if (by_name_.contains(spec.name)) return end();
    const auto place = children_.emplace(end(), std::move(spec));
    by_name_.emplace(place->spec.name, place);
    return place;
  }

  iterator find(std::string_view name) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? end() : found->second;
  }

  // The new spec has the same name.
  void replace(iterator place, child_spec spec) {
    auto entry = by_name_.extract(place->spec.name);
    place->spec = std::move(spec);
    entry.key() = place->spec.name;
    by_name_.insert(std::move(entry));
  }

  // Returns the next child.
  iterator remove(iterator place) {
    by_name_.erase(place->spec.name);
    return children_.erase(place);
  }

  iterator begin() noexcept { return children_.begin(); }
  iterator end() noexcept { return children_.end(); }
  std::size_t size() const noexcept { return children_.size(); }

 private:
  std::list<supervised_child> children_;
  std::unordered_map<std::string_view, iterator> by_name_;  // the names are those of the specs
};

}  // namespace wsx::detail
