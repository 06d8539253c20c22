#include "spare_contexts.hpp"

#include <wsx/protocol/deflater.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <new>
#include <utility>

namespace wsx::protocol {

namespace {

// RFC 7692 7.2.1: the end of each message, which is removed: 00 00 ff ff.
constexpr std::size_t tail_size = 4;

// The beginning of an empty block, which the tail completes. RFC 7692 7.2.3.6.
constexpr std::array<std::byte, 1> empty_block{std::byte{0}};

}  // namespace

struct deflater::context {
  explicit context(const deflater_settings& s) : settings(s) {
    // zlib cannot do raw deflate with 8. With 9 it refers back by at most 250 bytes, which 8
    // allows. Negative: without zlib's own header and trailer.
    const int bits = -std::max(s.window_bits, 9);
    if (deflateInit2(&z, s.level, Z_DEFLATED, bits, s.memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~context() { deflateEnd(&z); }
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  deflater_settings settings;
  z_stream z{};
};

deflater::deflater(const deflater_settings& settings) noexcept : settings_(settings) {}

deflater::~deflater() = default;
deflater::deflater(deflater&&) noexcept = default;
deflater& deflater::operator=(deflater&&) noexcept = default;

void deflater::write(bytes_view part, flush how, memory::byte_buffer& out) {
  const auto fits = [this](const auto& spare) { return spare->settings == settings_; };
  if (!context_) context_ = spare_contexts<context>::acquire(fits);
  if (!context_) context_ = std::make_unique<context>(settings_);
  const std::size_t before = out.size();
  compress(part, how != flush::nothing, out);
  if (how != flush::message) return;

  if (out.size() > before) {
    out.truncate(out.size() - tail_size);
  } else {
    out.append(empty_block);  // everything before has been flushed
  }
  if (settings_.context_takeover) return;
  deflateReset(&context_->z);
  spare_contexts<context>::release(std::move(context_));
}

// `all`: nothing is held back.
void deflater::compress(bytes_view part, bool all, memory::byte_buffer& out) {
  constexpr std::size_t most_in = std::numeric_limits<uInt>::max();
  constexpr std::size_t least_out = 256, most_out = 16 * 1024;
  z_stream& z = context_->z;
  do {
    const bytes_view now = part.first(std::min(part.size(), most_in));
    part = part.subspan(now.size());
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(now.data()));
    z.avail_in = static_cast<uInt>(now.size());
    const int how = all && part.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    do {
      const auto room = out.prepare(std::clamp(now.size() / 2, least_out, most_out));
      z.next_out = reinterpret_cast<Bytef*>(room.data());
      z.avail_out = static_cast<uInt>(room.size());
      deflate(&z, how);  // fails only if there is nothing to do
      out.commit(room.size() - z.avail_out);
    } while (z.avail_out == 0);
  } while (!part.empty());
}

void deflater::release() noexcept {
  context_.reset();
}

}  // namespace wsx::protocol
