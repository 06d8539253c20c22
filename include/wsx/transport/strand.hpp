#pragma once

#include <wsx/export.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/strand.hpp>

namespace wsx {

/// What a client and its connection run on. The type is known where much is posted and awaited: an
/// `any_io_executor` that holds a strand allocates whenever Asio copies it.
using strand = asio::strand<asio::any_io_executor>;

/// The strand that `executor` is, or a new one on it.
WSX_API strand as_strand(asio::any_io_executor executor);

}  // namespace wsx
