#pragma once

#include <wsx/protocol/message_assembler.hpp>

#include <memory>
#include <optional>

namespace wsx::protocol {

// Between messages an assembler has nothing to remember, unless one that is compressed may refer to
// those before it: the clients of a thread lend each other one, and an idle client has none.

std::unique_ptr<message_assembler> acquire_assembler(message_limits limits, delivery how,
                                                     std::optional<inflater> inflate);

// Takes it, if it has nothing to remember, and no more memory than a thread may keep.
void release_assembler(std::unique_ptr<message_assembler>& assembler) noexcept;

}  // namespace wsx::protocol
