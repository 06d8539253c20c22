#pragma once

#include "deflate_terms.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// Frames to be sent over and over: many of them, so that a write has much to take.
using chunk_ptr = std::shared_ptr<const std::string>;

/// The frames of the path `KIND/SIZE`, KIND being `binary`, `text` or `mixed`; nothing if there are
/// no such. All connections share them. With `terms` they are JSON, compressed.
chunk_ptr blast_chunk(std::string_view path, const std::optional<deflate_terms>& terms);

}  // namespace bench
