#pragma once

#include <wsx/detail/completion.hpp>

#include <tuple>
#include <utility>

namespace wsx::detail {

// Operations that wait for the same event; few, and usually none. They are linked to each other, so
// that another one needs no memory.
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

  // Completes the operation with that ticket, if it is in the list.
  void complete(ticket t, Args... args) {
    waiter** const place = place_of([t](const waiter& w) { return w.number == t; });
    if (*place != nullptr) take (*place)(std::move(args)...);
  }

  // If there is no memory, the operations that have not completed still wait.
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

  // Returns the link of the first operation that fits, or the end of the list.
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
