#include "assembler_cache.hpp"

#include "../per_thread.hpp"

#include <cstddef>
#include <utility>

namespace wsx::protocol {

namespace {

// Who receives larger messages than that keeps the memory for the next one.
constexpr std::size_t most_kept = 64 * 1024;

using assembler_cache = std::unique_ptr<message_assembler>;

}  // namespace

std::unique_ptr<message_assembler> acquire_assembler(
    message_limits limits, delivery how,
    std::optional<inflater> inflate) {
  auto* const spare = kept_by_thread<assembler_cache>();
  if (!spare || !*spare)
    return std::make_unique<message_assembler>(limits, how, std::move(inflate));
  (*spare)->reuse(limits, how, std::move(inflate));
  return std::move(*spare);
}

void release_assembler(std::unique_ptr<message_assembler>& assembler) noexcept {
  if (!assembler || !assembler->reusable(most_kept)) return;
  if (auto* const spare = kept_by_thread<assembler_cache>()) *spare = std::move(assembler);
}

}  // namespace wsx::protocol
