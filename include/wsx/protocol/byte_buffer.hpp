#pragma once

// Moved; this stays for one release.
#include <wsx/memory/byte_buffer.hpp>

namespace wsx::protocol {

using memory::byte_buffer;

}  // namespace wsx::protocol
