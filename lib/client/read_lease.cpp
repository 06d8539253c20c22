#include <wsx/detail/read_lease.hpp>

namespace wsx::detail {

namespace {

// 256 KiB measured best: fewer reads no longer pay, and it stays in a core's second-level cache.
constexpr std::size_t size = 256 * 1024;

struct thread_buffer {
  std::unique_ptr<std::byte[]> bytes;
  bool taken = false;
};

thread_local thread_buffer shared;

}  // namespace

read_lease::read_lease() {
  std::byte* bytes = nullptr;
  if (shared.taken) {
    own_.reset(new std::byte[size]);
    bytes = own_.get();
  } else {
    if (!shared.bytes) shared.bytes.reset(new std::byte[size]);
    shared.taken = true;
    bytes = shared.bytes.get();
  }
  room_ = {bytes, size};
}

read_lease::~read_lease() {
  if (!own_) shared.taken = false;
}

}  // namespace wsx::detail
