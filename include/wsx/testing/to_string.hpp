#pragma once

#include <wsx/config.hpp>

#include <iosfwd>
#include <string>

namespace wsx::testing {

enum class stream_end;

/// "orderly": what a test prints when a connection ended otherwise than it should.
std::string to_string(stream_end end);
std::ostream& operator<<(std::ostream& out, stream_end end);

}  // namespace wsx::testing
