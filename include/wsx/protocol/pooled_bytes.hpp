#pragma once

// Moved; this stays for one release.
#include <wsx/memory/pooled_bytes.hpp>

namespace wsx::protocol {

using memory::pooled_bytes;

}  // namespace wsx::protocol
