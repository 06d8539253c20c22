#pragma once

#include <wsx/detail/module_entry.hpp>

#include <string>
#include <system_error>

namespace wsx::detail {

// What came of loading a module: its entry, or else an error with details, which may be empty.
struct load_result {
  const module_entry* entry = nullptr;
  std::error_code error{};
  std::string detail{};
};

// Lets the system load a file whose stamp is right. From any thread.
load_result load_module(const std::string& file);

// Whether the system can load modules at all.
bool can_load_modules() noexcept;

}  // namespace wsx::detail
