#pragma once

#include <wsx/detail/completion.hpp>

#include <cstdint>
#include <forward_list>
#include <iterator>
#include <utility>

namespace wsx::detail {

// What tells one waiting operation from another, to cancel it.
using ticket = std::uint64_t;

// Operations that wait for the same thing.
template <class... Args>
class waiting_list {
 public:
  void add(ticket t, completion<Args...> done) {
    waiting_.emplace_after(before([](const entry&) { return false; }), t, std::move(done));
  }

  // Completes the one with that ticket, if it is here.
  void complete(ticket t, Args... args) {
    const auto previous = before([t](const entry& e) { return e.first == t; });
    const auto found = std::next(previous);
    if (found == waiting_.end()) return;
    auto done = std::move(found->second);
    waiting_.erase_after(previous);
    done(std::move(args)...);
  }

  void complete_all(const Args&... args) {
    for (auto& [t, done] : std::exchange(waiting_, {})) done(args...);
  }

  void drop() noexcept { const auto dropped = std::exchange(waiting_, {}); }

 private:
  using entry = std::pair<ticket, completion<Args...>>;

  // What is before the first that fits, or before the end.
  template <class Fits>
  auto before(Fits fits) {
    auto place = waiting_.before_begin();
    for (auto next = waiting_.begin(); next != waiting_.end() && !fits(*next); ++next) place = next;
    return place;
  }

  std::forward_list<entry> waiting_;  // few, and mostly none
};

}  // namespace wsx::detail
