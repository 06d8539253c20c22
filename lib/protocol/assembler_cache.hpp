#pragma once

#include <wsx/protocol/message_assembler.hpp>

#include <memory>
#include <optional>

namespace wsx::protocol {

// Between messages an assembler has no state, unless a compressed message may refer to earlier
// ones. The clients of a thread therefore share spares, and an idle client has none.

std::unique_ptr<message_assembler> acquire_assembler(message_limits limits, delivery how,
                                                     std::optional<inflater> inflate);

// Releases the assembler if it has no state, and no more memory than a thread may keep.
void release_assembler(std::unique_ptr<message_assembler>& assembler) noexcept;

}  // namespace wsx::protocol
