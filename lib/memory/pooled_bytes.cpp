#include "spares.hpp"

#include <wsx/memory/pooled_bytes.hpp>

#include <cstddef>
#include <utility>

namespace wsx::memory {

namespace {

// A thread keeps at most this many buffers, each of at most this many bytes.
constexpr std::size_t max_kept = 8;
constexpr std::size_t max_kept_size = 64 * 1024;

struct owner;
using spare_buffers = spares<owner, byte_buffer, max_kept>;

}  // namespace

void pooled_bytes::append(bytes_view bytes) {
  if (bytes.empty()) return;
  if (buffer_.capacity() == 0) buffer_ = spare_buffers::acquire();
  buffer_.append(bytes);
}

// A buffer that is too large to keep is freed.
void pooled_bytes::release() noexcept {
  if (buffer_.capacity() > max_kept_size) return;
  buffer_.clear();
  spare_buffers::release(std::move(buffer_));
}

}  // namespace wsx::memory
