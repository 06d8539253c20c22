#pragma once

#include <wsx/export.hpp>

#include <string_view>

namespace wsx::detail {

// Returns whether version `a` is later than `b`. Numbers within them are compared as numbers, and
// everything else as text: "1.10" is later than "1.9", and anything than an empty version.
WSX_API bool is_later(std::string_view a, std::string_view b) noexcept;

}  // namespace wsx::detail
