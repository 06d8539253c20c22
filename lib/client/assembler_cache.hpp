#pragma once

#include <wsx/protocol/message_assembler.hpp>

#include <memory>
#include <optional>

namespace wsx::detail {

// Between messages an assembler has nothing to remember, unless one that is compressed may refer to
// those before it: the clients of a thread lend each other one, and an idle client has none.

std::unique_ptr<protocol::message_assembler> borrow_assembler(
    protocol::message_limits limits, protocol::delivery how,
    std::optional<protocol::inflater> inflate);

// Takes it, if it has nothing to remember, and no more memory than a thread may keep.
void give_back(std::unique_ptr<protocol::message_assembler>& assembler) noexcept;

}  // namespace wsx::detail
