#include "wire_buffer.hpp"

#include "../per_thread.hpp"

#include <array>
#include <new>
#include <utility>

namespace wsx {

namespace {

// What a thread keeps of blocks that nobody needs. One is read into and one written from at a time;
// a connection holds one for longer only while its socket is full, or its reader has enough.
struct block_store {
  std::array<std::unique_ptr<std::byte[]>, 4> blocks;
  std::size_t count = 0;
};

}  // namespace

wire_buffer::~wire_buffer() {
  release();
}

std::span<std::byte> wire_buffer::room() noexcept {
  if (memory_) return {memory_.get() + end_, capacity - end_};
  auto* const kept = kept_by_thread<block_store>();
  if (kept && kept->count > 0) memory_ = std::move(kept->blocks[--kept->count]);
  if (!memory_) memory_.reset(new (std::nothrow) std::byte[capacity]);
  if (!memory_) return {};
  return {memory_.get() + end_, capacity - end_};
}

void wire_buffer::consume(std::size_t count) noexcept {
  begin_ += count;
  if (empty()) release();
}

void wire_buffer::release() noexcept {
  begin_ = end_ = 0;
  auto* const kept = memory_ ? kept_by_thread<block_store>() : nullptr;
  if (kept && kept->count < kept->blocks.size()) kept->blocks[kept->count++] = std::move(memory_);
  memory_.reset();
}

}  // namespace wsx
