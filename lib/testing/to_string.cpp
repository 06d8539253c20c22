#include <wsx/testing/server_connection.hpp>
#include <wsx/testing/to_string.hpp>

#include <ostream>

namespace wsx::testing {

std::string to_string(stream_end end) {
  switch (end) {
    case stream_end::open: return "open";
    case stream_end::orderly: return "orderly";
    case stream_end::truncated: return "truncated";
    case stream_end::reset: return "reset";
  }
  return "stream_end(" + std::to_string(static_cast<int>(end)) + ")";
}

std::ostream& operator<<(std::ostream& out, stream_end end) {
  return out << to_string(end);
}

}  // namespace wsx::testing
