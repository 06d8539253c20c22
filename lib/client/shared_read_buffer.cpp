#include "../per_thread.hpp"

#include "shared_read_buffer.hpp"

namespace wsx::detail {

namespace {

// 256 KiB measured best: fewer reads no longer pay, and it stays in a core's second-level cache.
constexpr std::size_t size = 256 * 1024;

struct thread_buffer {
  std::unique_ptr<std::byte[]> bytes;
  bool taken = false;
};

}  // namespace

shared_read_buffer::shared_read_buffer() {
  auto* const shared = kept_by_thread<thread_buffer>();
  if (!shared || shared->taken) {
    own_.reset(new std::byte[size]);
    room_ = {own_.get(), size};
    return;
  }
  if (!shared->bytes) shared->bytes.reset(new std::byte[size]);
  shared->taken = true;
  room_ = {shared->bytes.get(), size};
}

shared_read_buffer::~shared_read_buffer() {
  if (own_) return;
  if (auto* const shared = kept_by_thread<thread_buffer>()) shared->taken = false;
}

}  // namespace wsx::detail
