#include "../memory/per_thread.hpp"

#include <wsx/protocol/mask.hpp>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <system_error>

namespace wsx::protocol {

namespace {

using key_pool = std::array<mask_key, 16>;

// The block of keys that the sources of a thread share.
class key_block {
 public:
  key_block() noexcept = default;
  ~key_block() { OPENSSL_cleanse(parts_.data(), sizeof parts_); }
  key_block(const key_block&) = delete;
  key_block& operator=(const key_block&) = delete;

  // Moves keys to `target`. A forked process uses no keys that its parent has fetched.
  void take(key_pool& target) {
    if (left_ == 0 || forks_ != fork_count()) refill();
    target = parts_[--left_];
    parts_[left_] = key_pool{};
  }

 private:
  void refill() {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(parts_.data()), sizeof parts_) != 1) {
      throw std::system_error(std::make_error_code(std::errc::io_error), "no random masking keys");
    }
    left_ = parts_.size();
    forks_ = fork_count();
  }

  // A call of the CSPRNG costs as much as 2 KiB of its bytes.
  std::array<key_pool, 64> parts_;
  std::size_t left_ = 0;
  std::size_t forks_ = 0;  // the fork count when they were fetched
};

}  // namespace

mask_key_source::mask_key_source() noexcept = default;

mask_key_source::~mask_key_source() {
  OPENSSL_cleanse(pool_.data(), sizeof pool_);
}

void mask_key_source::refill() {
  if (auto* const block = memory::kept_by_thread<key_block>()) {
    block->take(pool_);
  } else {
    key_block().take(pool_);
  }
  state_ = detail::fork_steps + pool_.size();
}

}  // namespace wsx::protocol
