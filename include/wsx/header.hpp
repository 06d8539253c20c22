#pragma once

#include <wsx/export.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsx {

/// A header field of the opening handshake.
struct header {
  header() = default;
  header(std::string n, std::string v, bool s = false) noexcept
      : name(std::move(n)), value(std::move(v)), secret(s) {}

  std::string name{};
  std::string value{};
  bool secret = false;  ///< of a request: not shown, and not sent to another origin

  bool operator==(const header&) const = default;
};

/// Header fields in order. Names are compared without regard to case; a name may appear more than
/// once.
using header_list = std::vector<header>;

/// Returns the value of the first field with that name (in any case), or nullptr.
WSX_API const std::string* find_header(const header_list& headers, std::string_view name) noexcept;

}  // namespace wsx
