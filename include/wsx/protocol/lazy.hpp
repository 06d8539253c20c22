#pragma once

// Moved; this stays for one release.
#include <wsx/memory/lazy.hpp>

namespace wsx::protocol {

using memory::lazy;

}  // namespace wsx::protocol
