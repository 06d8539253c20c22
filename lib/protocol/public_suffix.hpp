#pragma once

#include <string>

namespace wsx::protocol {

/// Returns whether anyone can register a name below `domain`, such as "co.uk": a cookie for it
/// would go to strangers. `domain` is in lower case. Without libpsl, that is a domain without a
/// dot.
bool is_public_suffix(const std::string& domain);

}  // namespace wsx::protocol
