#include "tally.hpp"

#include <wsx/module.hpp>
#include <wsx/system_error.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

// The second version: its members are others, and it says what its extra argument was.
struct module_handler {
  static constexpr std::string_view version = "2";
  std::vector<tally_test::tally> kept;
  std::string extra;

  static module_handler code_change(const wsx::old_version& from, std::string_view saved,
                                    std::string_view extra) {
    if (extra == "throw") throw std::runtime_error("not this one");
    if (extra == "refuse") throw wsx::system_error(std::make_error_code(std::errc::io_error));
    return {{tally_test::tally::from(saved)}, std::string(extra) + (from.down ? " down" : " up")};
  }
  std::string save() const { return kept.front().save(); }
  wsx::action handle_frame(wsx::text t) {
    if (t.payload == "who") return wsx::reply(wsx::text{"2 " + extra});
    return kept.front().take(t);
  }
  void handle_cast(tally_test::cast_number c) { kept.front().take(c); }
};

WSX_EXPORT_HANDLER(module_handler)
