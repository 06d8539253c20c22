#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace wsx::protocol {

/// Contexts of wslay or zlib that nobody uses at the moment, for the connections of one thread that
/// need one for a frame or a message only: an idle connection then holds none, and a busy one
/// allocates none.
template <class Context>
class context_pool {
 public:
  /// One that was made by the same settings; null if there is none.
  template <class Settings>
  static std::unique_ptr<Context> take(const Settings& settings) noexcept {
    for (auto& kept : idle) {
      if (!kept || !(kept->settings == settings)) continue;
      return std::move(kept);
    }
    return nullptr;
  }

  static void give(std::unique_ptr<Context> context) {
    for (auto& place : idle) {
      if (place) continue;
      place = std::move(context);
      return;
    }
    if (idle.size() < most) idle.push_back(std::move(context));
  }

 private:
  // Messages that arrive in pieces hold a context meanwhile, so there may be many; few are kept.
  static constexpr std::size_t most = 4;
  static inline thread_local std::vector<std::unique_ptr<Context>> idle;
};

}  // namespace wsx::protocol
