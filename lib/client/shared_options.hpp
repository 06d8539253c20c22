#pragma once

#include <wsx/export.hpp>
#include <wsx/options.hpp>

#include <memory>

namespace wsx::detail {

// Clients that are made one after the other, on one thread and with equal options, share one copy
// of them.
WSX_API std::shared_ptr<const options> share_options(options o);

}  // namespace wsx::detail
