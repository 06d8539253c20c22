#include "shared_options.hpp"

#include "../memory/per_thread.hpp"

#include <utility>

namespace wsx::detail {

std::shared_ptr<const options> share_options(options o) {
  auto* const last = memory::kept_by_thread<std::weak_ptr<const options>>();
  auto shared = last ? last->lock() : nullptr;
  if (shared && *shared == o) return shared;
  shared = std::make_shared<const options>(std::move(o));
  if (last) *last = shared;
  return shared;
}

}  // namespace wsx::detail
