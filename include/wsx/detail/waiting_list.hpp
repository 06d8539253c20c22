#pragma once

#include <wsx/detail/completion.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace wsx::detail {

// What tells one waiting operation from another, to cancel it.
using ticket = std::uint64_t;

// Operations that wait for the same thing.
template <class... Args>
class waiting_list {
 public:
  void add(ticket t, completion<Args...> done) { waiting_.emplace_back(t, std::move(done)); }

  // Completes the one with that ticket, if it is here.
  void complete(ticket t, Args... args) {
    const auto found = std::ranges::find(waiting_, t, &entry::first);
    if (found == waiting_.end()) return;
    auto done = std::move(found->second);
    waiting_.erase(found);
    done(std::move(args)...);
  }

  void complete_all(const Args&... args) {
    for (auto& [t, done] : std::exchange(waiting_, {})) done(args...);
  }

  void drop() noexcept { const auto dropped = std::exchange(waiting_, {}); }

 private:
  using entry = std::pair<ticket, completion<Args...>>;

  std::vector<entry> waiting_;
};

}  // namespace wsx::detail
