#include <wsx/detail/module_entry.hpp>

#include <cstdlib>

// Has a stamp and no handler, and says that it was run. Compiled in other ways, too.

WSX_DETAIL_NOTE static const auto note = wsx::detail::make_module_note(wsx::abi::stamp);

namespace {
struct runner {
  runner() { ::setenv("WSX_TEST_MODULE_RAN", "yes", 1); }
} const runs;
}  // namespace

#if defined(NEEDS_MORE)
void nobody_has_this();
void needs_it() {
  nobody_has_this();
}
#endif
