#include "assembler_cache.hpp"

#include "../memory/spares.hpp"

#include <cstddef>
#include <utility>

namespace wsx::protocol {

namespace {

// A connection that receives larger messages keeps the memory for the next one.
constexpr std::size_t most_kept = 64 * 1024;

using assembler = std::unique_ptr<message_assembler>;
struct owner;
using spares = memory::spares<owner, assembler, 1>;

}  // namespace

std::unique_ptr<message_assembler> acquire_assembler(message_limits limits, delivery how,
                                                     std::optional<inflater> inflate) {
  assembler spare = spares::acquire();
  if (!spare) return std::make_unique<message_assembler>(limits, how, std::move(inflate));
  spare->reuse(limits, how, std::move(inflate));
  return spare;
}

void release_assembler(std::unique_ptr<message_assembler>& assembler) noexcept {
  if (assembler && assembler->reusable(most_kept)) spares::release(std::move(assembler));
}

}  // namespace wsx::protocol
