#include "visible.hpp"

#include <wsx/module.hpp>

// As if a static wsx were linked into the module: it has variables of its own.
const char wsx::abi::WSX_ABI_SOVERSION = 0;

namespace {
struct own_handler : visible_handler {
  static own_handler code_change(const wsx::old_version&, std::string_view) { return {}; }
};
}  // namespace

WSX_EXPORT_HANDLER(own_handler)
