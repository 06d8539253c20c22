#include "assembler_cache.hpp"

#include "../per_thread.hpp"

#include <cstddef>
#include <utility>

namespace wsx::detail {

namespace {

// Who receives larger messages than that keeps the memory for the next one.
constexpr std::size_t most_kept = 64 * 1024;

using assembler_cache = std::unique_ptr<protocol::message_assembler>;

}  // namespace

std::unique_ptr<protocol::message_assembler> borrow_assembler(
    protocol::message_limits limits, protocol::delivery how,
    std::optional<protocol::inflater> inflate) {
  auto* const spare = kept_by_thread<assembler_cache>();
  if (!spare || !*spare)
    return std::make_unique<protocol::message_assembler>(limits, how, std::move(inflate));
  (*spare)->reuse(limits, how, std::move(inflate));
  return std::move(*spare);
}

void give_back(std::unique_ptr<protocol::message_assembler>& assembler) noexcept {
  if (!assembler || !assembler->reusable(most_kept)) return;
  if (auto* const spare = kept_by_thread<assembler_cache>()) *spare = std::move(assembler);
}

}  // namespace wsx::detail
