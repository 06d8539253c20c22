#pragma once

#include "../memory/spares.hpp"

#include <memory>

namespace wsx::protocol {

/// Contexts of wslay or zlib, for connections that need one only for a frame or a message. A
/// message that arrives in pieces holds one in the meantime, so there may be many, but few are
/// kept.
template <class Context>
using spare_contexts = memory::spares<Context, std::unique_ptr<Context>, 4>;

}  // namespace wsx::protocol
