#pragma once

#include <wsx/detail/completion.hpp>

#include <tuple>
#include <utility>

namespace wsx::detail {

// Operations that wait for the same thing; few, and mostly none. They are linked to each other, so
// that one more takes no memory.
template <class... Args>
class waiting_list {
 public:
  waiting_list() = default;
  waiting_list(const waiting_list&) = delete;
  waiting_list& operator=(const waiting_list&) = delete;
  ~waiting_list() { drop(); }

  void add(ticket t, completion<Args...> done) noexcept {
    waiter* const last = done.waiting_.release();
    last->number = t;
    *place_of([](const waiter&) { return false; }) = last;
  }

  bool empty() const noexcept { return first_ == nullptr; }

  bool has(ticket t) const noexcept {
    const waiter* each = first_;
    while (each != nullptr && each->number != t) each = each->next;
    return each != nullptr;
  }

  // Completes the one with that ticket, if it is here.
  void complete(ticket t, Args... args) {
    waiter** const place = place_of([t](const waiter& w) { return w.number == t; });
    if (*place != nullptr) take (*place)(std::move(args)...);
  }

  // If there is no memory for it, those that have not been completed still wait.
  void complete_all(const Args&... args) {
    while (first_ != nullptr) {
      std::tuple<Args...> copies(args...);
      std::apply(take(first_), std::move(copies));
    }
  }

  void drop() noexcept {
    while (first_ != nullptr) const auto dropped = take(first_);
  }

 private:
  using waiter = typename completion<Args...>::base;

  // Where the first that fits is linked, or where another may be linked behind the last.
  template <class Fits>
  waiter** place_of(Fits fits) noexcept {
    waiter** place = &first_;
    while (*place != nullptr && !fits(**place)) place = &(*place)->next;
    return place;
  }

  static completion<Args...> take(waiter*& place) noexcept {
    completion<Args...> taken;
    taken.waiting_.reset(place);
    place = std::exchange(place->next, nullptr);
    return taken;
  }

  waiter* first_ = nullptr;
};

}  // namespace wsx::detail
