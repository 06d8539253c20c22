#include "tally.hpp"

#include <wsx/module.hpp>

// As another version of it has: both modules have a handler of this name.
struct module_handler {
  static constexpr std::string_view version = "1";
  tally_test::tally kept;

  static module_handler code_change(const wsx::old_version&, std::string_view saved) {
    return {tally_test::tally::from(saved)};
  }
  std::string save() const { return kept.save(); }
  wsx::action handle_frame(wsx::text t) { return kept.take(t); }
  void handle_cast(tally_test::cast_number c) { kept.take(c); }
};

WSX_EXPORT_HANDLER(module_handler)
