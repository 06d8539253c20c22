#pragma once

#include <wsx/config.hpp>

#include <wsx/code_change.hpp>
#include <wsx/detail/module_entry.hpp>
#include <wsx/export.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

/// Makes a shared object a module: exports the handler of that type. Once per module, outside of
/// all namespaces. `code_change` of the handler takes the old state as a `std::string_view`, and
/// may take another as its extra argument: see `code_change`.
///
///     WSX_EXPORT_HANDLER(saved_feed)
#define WSX_EXPORT_HANDLER(...)                                                    \
  extern "C" WSX_DETAIL_EXPORT const ::wsx::detail::module_entry wsx_module_entry; \
  extern "C" const ::wsx::detail::module_entry wsx_module_entry =                  \
      ::wsx::detail::module_entry_of<__VA_ARGS__>();                               \
  WSX_DETAIL_NOTE static const auto wsx_module_note =                              \
      ::wsx::detail::make_module_note(::wsx::abi::stamp);

namespace wsx {

namespace detail {
struct module_access;
}

/// A shared object with another version of a handler, which was compiled separately, for
/// `code_change`. docs/operations.md says how to compile one.
///
/// Nothing of a file runs before its stamp has been checked. The stamp holds what program and
/// module must share: the versions of wsx and of its interface to handlers, the C++ ABIs of the
/// compiler and the standard library, and the settings of Asio.
///
/// A module is never unloaded: handlers, messages and timers of it may exist for as long as the
/// process. Loading a file again returns the module that is loaded. Each version therefore needs a
/// file of its own; a file that was replaced since it was loaded is refused. So is a module that
/// has its own copy of wsx, or whose code the system has replaced by code of the program with
/// the same name: compile modules with -fvisibility=hidden.
///
/// From any thread. Loading reads files and runs constructors: not on the strand of a busy client.
///
/// Errors: those of the system if the file can't be read; `errc::no_module`,
/// `errc::module_differs`, `errc::module_not_loaded`, `errc::too_many_modules`;
/// `std::errc::not_supported` on systems without ELF.
///
///     const wsx::module next("/opt/feed/feed-2.so");
///     co_await client.code_change(next);
class module {
 public:
  /// At most so many modules are loaded in the life of a process.
  static constexpr std::size_t max_loaded = 256;

  /// Loads a module. Throws `system_error`, which says what is wrong with which file.
  WSX_API explicit module(const std::string& file);

  /// Sets `error` instead of throwing. A module that was not loaded can only be destroyed or
  /// assigned to.
  WSX_API module(const std::string& file, std::error_code& error);

  /// Returns the version of the handler.
  std::string_view version() const noexcept { return entry_->info->version; }

  /// Returns the number of modules that the process has loaded, refused ones included whose
  /// constructors have run.
  WSX_API static std::size_t loaded() noexcept;

 private:
  friend struct detail::module_access;

  const detail::module_entry* entry_ = nullptr;
};

namespace detail {

struct module_access {
  static const module_entry& entry_of(const module& m) noexcept { return *m.entry_; }
};

}  // namespace detail

}  // namespace wsx
