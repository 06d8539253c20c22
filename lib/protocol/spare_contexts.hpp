#pragma once

#include "../memory/spares.hpp"

#include <memory>

namespace wsx::protocol {

/// Contexts of wslay or zlib, for the connections of a thread that need one for a frame or a
/// message only. Messages that arrive in pieces hold one meanwhile, so there may be many; few are
/// kept.
template <class Context>
using spare_contexts = memory::spares<Context, std::unique_ptr<Context>, 4>;

}  // namespace wsx::protocol
