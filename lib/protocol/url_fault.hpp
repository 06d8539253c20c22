#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wsx::protocol {

/// Why `text`, which is no URI by RFC 3986, is none: a phrase for people, without anything of it
/// that may be secret. `position` is where the parser gave up.
std::string describe_no_uri(std::string_view text, std::size_t position);

/// What to write instead of `text`, which has no scheme.
std::string describe_no_scheme(std::string_view text);

/// Why user information is refused. RFC 6455 3 has no place for it.
inline constexpr std::string_view user_information =
    "user information is not supported: send an Authorization header instead";

inline constexpr std::string_view bad_port = "the port is not 1 to 65535";

}  // namespace wsx::protocol
