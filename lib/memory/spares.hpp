#pragma once

#include "per_thread.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace wsx::memory {

/// Objects that a thread keeps for the next user: an idle connection then holds none, and a busy
/// one allocates none. At most `Most` are kept. `Owner` distinguishes uses of the same type. If it
/// is local to one source file, the compiler finds the thread's objects with one call instead of
/// two.
template <class Owner, class T, std::size_t Most>
class spares {
 public:
  /// Returns the object that was released last; an empty one if there is none.
  static T acquire() noexcept {
    auto* const kept = kept_by_thread<stack>();
    if (!kept || kept->count == 0) return T();
    return std::move(kept->all[--kept->count]);
  }

  /// Returns an object that fits; an empty one if there is none.
  template <class Fits>
  static T acquire(Fits fits) noexcept {
    auto* const kept = kept_by_thread<stack>();
    if (!kept) return T();
    const auto end = kept->all.begin() + static_cast<std::ptrdiff_t>(kept->count);
    const auto found = std::find_if(kept->all.begin(), end, fits);
    if (found == end) return T();
    std::swap(*found, kept->all[--kept->count]);
    return std::move(kept->all[kept->count]);
  }

  /// Keeps the object, or destroys it if there are enough.
  static void release(T&& spare) noexcept {
    auto* const kept = kept_by_thread<stack>();
    if (kept && kept->count < Most) {
      kept->all[kept->count++] = std::move(spare);
    } else {
      T(std::move(spare));
    }
  }

 private:
  struct stack {
    std::array<T, Most> all{};
    std::size_t count = 0;
  };
};

}  // namespace wsx::memory
