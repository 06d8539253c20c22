#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/message_table.hpp>

#include <atomic>
#include <concepts>
#include <span>
#include <string>
#include <string_view>

namespace wsx::detail {

// What `any_handler` knows about a handler's type. There is one object per type, which is never
// destroyed. The same type in a module of its own has another, since it may be another version.
struct handler_info {
  std::string_view version;
  bool in_fragments;  // it has a handle_fragment
  std::span<const message_entry> messages;
  std::string (*save)(const void* handler, std::string_view to);  // null: it can't
};

// What a client's present handler is.
using handler_kind = std::atomic<const handler_info*>;

template <class H>
concept has_version = requires {
  { H::version } -> std::convertible_to<std::string_view>;
};

template <class H>
concept saves_for_version = requires(const H& handler, std::string_view to) {
  { handler.save(to) } -> std::convertible_to<std::string>;
};
template <class H>
concept saves = saves_for_version<H> || requires(const H& handler) {
  { handler.save() } -> std::convertible_to<std::string>;
};

template <class H>
constexpr std::string_view version_of() noexcept {
  if constexpr (has_version<H>) {
    return H::version;
  } else {
    return {};
  }
}

template <class H>
std::string save_state(const void* handler, std::string_view to) {
  const H& saved = *static_cast<const H*>(handler);
  if constexpr (saves_for_version<H>) {
    return saved.save(to);
  } else {
    return saved.save();
  }
}

template <class H>
constexpr auto how_to_save() noexcept {
  using function = std::string (*)(const void*, std::string_view);
  if constexpr (saves<H>) {
    return function(&save_state<H>);
  } else {
    return function(nullptr);
  }
}

template <class H>
inline constexpr handler_info info_of{version_of<H>(),
                                      has_callback<handle_fragment_tag, H, fragment>,
                                      message_table<H>, how_to_save<H>()};

}  // namespace wsx::detail
