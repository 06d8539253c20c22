#pragma once

#include "../per_thread.hpp"

#include <array>
#include <memory>

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
    auto* const idle = kept_by_thread<contexts>();
    if (!idle) return nullptr;
    for (auto& kept : *idle) {
      if (!kept || !(kept->settings == settings)) continue;
      return std::move(kept);
    }
    return nullptr;
  }

  static void give(std::unique_ptr<Context> context) {
    auto* const idle = kept_by_thread<contexts>();
    if (!idle) return;
    for (auto& place : *idle) {
      if (place) continue;
      place = std::move(context);
      return;
    }
  }

 private:
  // Messages that arrive in pieces hold a context meanwhile, so there may be many; few are kept.
  using contexts = std::array<std::unique_ptr<Context>, 4>;
};

}  // namespace wsx::protocol
