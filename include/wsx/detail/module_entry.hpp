#pragma once

#include <wsx/config.hpp>

#include <wsx/any_handler.hpp>
#include <wsx/detail/abi.hpp>
#include <wsx/detail/handler_change.hpp>
#include <wsx/detail/handler_info.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace wsx::detail {

// What a module offers, by the name `wsx_module_entry`.
struct module_entry {
  const void* library;  // the copy of wsx that it uses
  const handler_info* info;
  wsx::any_handler (*change)(const old_version& from, const std::string& saved,
                             const std::string& extra);
};

template <class New>
wsx::any_handler change_in_module(const old_version& from, const std::string& saved,
                                  const std::string& extra) {
  constexpr bool takes_extra = changes_with<New, std::string, std::string>;
  static_assert(takes_extra || changes_from<New, std::string, std::monostate>,
                "wsx: the handler of a module needs a public static code_change(const "
                "wsx::old_version&, std::string_view saved), which may take another "
                "std::string_view");
  if constexpr (takes_extra) {
    return change_from<New>(from, saved, extra);
  } else {
    if (!extra.empty()) throw std::invalid_argument("it takes no extra argument");
    return change_from<New>(from, saved, std::monostate());
  }
}

template <class New>
constexpr module_entry module_entry_of() noexcept {
  return {abi::library(), &info_of<New>, &change_in_module<New>};
}

// An ELF note with the stamp: the loader of modules reads it before it runs anything of the module.
template <std::size_t Size>
struct module_note {
  std::uint32_t name_size = sizeof(name);
  std::uint32_t size = Size;
  std::uint32_t type = 1;
  char name[4] = {'w', 's', 'x', '\0'};
  char stamp[(Size + 3) / 4 * 4] = {};
};

template <std::size_t Size>
constexpr module_note<Size> make_module_note(const char (&stamp)[Size]) noexcept {
  module_note<Size> note;
  for (std::size_t i = 0; i < Size; ++i) note.stamp[i] = stamp[i];
  return note;
}

}  // namespace wsx::detail

#if defined(__ELF__)
#define WSX_DETAIL_EXPORT __attribute__((visibility("default")))
#if defined(__clang__)
#define WSX_DETAIL_NOTE \
  __attribute__((section(".note.wsx"), used, aligned(4), no_sanitize("address")))
#else
#define WSX_DETAIL_NOTE __attribute__((section(".note.wsx"), used, aligned(4)))
#endif
#else
#define WSX_DETAIL_EXPORT
#define WSX_DETAIL_NOTE [[maybe_unused]]
#endif
