#pragma once

#include "per_thread.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace wsx::memory {

/// What nobody needs at the moment, kept by the thread for whoever needs one next: an idle
/// connection then holds none, and a busy one allocates none. At most `Most` are kept. `Owner`
/// tells apart what is of the same type. If it belongs to one source file, the compiler finds what
/// a thread keeps by one call, not two.
template <class Owner, class T, std::size_t Most>
class spares {
 public:
  /// The one that was released last; an empty one if there is none.
  static T acquire() noexcept {
    auto* const kept = kept_by_thread<stack>();
    if (!kept || kept->count == 0) return T();
    return std::move(kept->all[--kept->count]);
  }

  /// One that fits; an empty one if there is none.
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

  /// Takes it. If there are enough, it is destroyed.
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
