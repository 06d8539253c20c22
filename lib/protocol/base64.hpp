#pragma once

#include <wsx/bytes.hpp>

#include <string>

namespace wsx::protocol {

/// RFC 4648 4.
std::string base64(bytes_view bytes);

}  // namespace wsx::protocol
