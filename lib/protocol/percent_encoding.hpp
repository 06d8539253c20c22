#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Percent-encoding as the WHATWG's URL standard has it, which browsers, Node.js and most libraries
// follow. A "%" is left as it is: the text may be encoded already.
namespace wsx::protocol {

/// Returns a path and query for the request line. In the path a backslash becomes a slash.
std::string encode_target(std::string_view path_and_query);

/// Returns the path of a unix-domain socket for a URL, where it ends at a colon.
std::string encode_socket_path(std::string_view path);

/// Returns `text` with each "%" and two hexadecimal digits replaced by the byte.
std::string percent_decode(std::string_view text);

/// Returns what `text` can't have, encoded or not: "a tab at character 8"; empty if there is
/// nothing. That is a control character, or a byte that does not belong to UTF-8. Characters are
/// counted from `begin`.
std::string fault_in(std::string_view text, std::size_t begin);

}  // namespace wsx::protocol
