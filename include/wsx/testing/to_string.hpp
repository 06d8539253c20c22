#pragma once

#include <wsx/config.hpp>

#include <iosfwd>
#include <string>

namespace wsx::testing {

enum class stream_end;

/// The name of the enumerator, such as "orderly".
std::string to_string(stream_end end);
std::ostream& operator<<(std::ostream& out, stream_end end);

}  // namespace wsx::testing
