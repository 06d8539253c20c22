#include "../per_thread.hpp"

#include <wsx/protocol/pooled_bytes.hpp>

#include <array>
#include <cstddef>

namespace wsx::protocol {

namespace {

// What a thread keeps at most: as many buffers, each of at most so many bytes.
constexpr std::size_t max_kept = 8;
constexpr std::size_t max_kept_size = 64 * 1024;

struct store {
  std::array<byte_buffer, max_kept> buffers;
  std::size_t count = 0;
};

}  // namespace

void pooled_bytes::append(bytes_view bytes) {
  if (bytes.empty()) return;
  auto* const kept = buffer_.capacity() == 0 ? kept_by_thread<store>() : nullptr;
  if (kept && kept->count > 0) buffer_.swap(kept->buffers[--kept->count]);
  buffer_.append(bytes);
}

// What is worth keeping goes to the store; the rest is freed with the buffer.
void pooled_bytes::give_back() noexcept {
  const bool worth_keeping = buffer_.capacity() <= max_kept_size;
  auto* const kept = worth_keeping ? kept_by_thread<store>() : nullptr;
  if (!kept || kept->count == max_kept) return;
  buffer_.clear();
  kept->buffers[kept->count++].swap(buffer_);
}

}  // namespace wsx::protocol
