#include "wire_buffer.hpp"

#include "../memory/spares.hpp"

#include <new>
#include <utility>

namespace wsx {

namespace {

// Spare blocks of a thread. Usually one is being read into and one written from. A connection keeps
// one for longer only while its socket is full, or its reader has enough.
struct owner;
using spares = memory::spares<owner, std::unique_ptr<std::byte[]>, 4>;

}  // namespace

wire_buffer::~wire_buffer() {
  release();
}

std::span<std::byte> wire_buffer::prepare() noexcept {
  if (memory_) return {memory_.get() + end_, capacity - end_};
  memory_ = spares::acquire();
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
  if (memory_) spares::release(std::move(memory_));
}

}  // namespace wsx
