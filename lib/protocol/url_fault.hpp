#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wsx::protocol {

/// Returns why `text` is not a URI by RFC 3986: a phrase for people, without any part that may be
/// secret. `position` is where the parser stopped.
std::string describe_no_uri(std::string_view text, std::size_t position);

/// Returns what to write instead of `text`, which has no scheme.
std::string describe_no_scheme(std::string_view text);

inline constexpr std::string_view bad_port = "the port is not 1 to 65535";

}  // namespace wsx::protocol
