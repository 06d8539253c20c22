#include "spare_contexts.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/inflater.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>

namespace wsx::protocol {

namespace {

// RFC 7692 7.2.2: what the sender removed from the end of each message.
constexpr std::array<std::byte, 4> tail{std::byte{0}, std::byte{0}, std::byte{0xff},
                                        std::byte{0xff}};

uInt as_uint(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

struct inflater::context {
  explicit context(int bits) : window_bits(bits) {
    // Negative: without zlib's own header and trailer.
    if (inflateInit2(&z, -bits) != Z_OK) throw std::bad_alloc();
  }
  ~context() { inflateEnd(&z); }
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  int window_bits;
  z_stream z{};
};

// Some compressors that were told 8 refer back as far as 9 allows, as zlib used to.
inflater::inflater(int window_bits, bool context_takeover) noexcept
    : window_bits_(std::max(window_bits, 9)), context_takeover_(context_takeover) {}

inflater::~inflater() = default;
inflater::inflater(inflater&&) noexcept = default;
inflater& inflater::operator=(inflater&&) noexcept = default;

void inflater::feed(bytes_view input, bool ends) noexcept {
  input_ = input;
  ends_ = tail_due_ = ends;
}

std::size_t inflater::read(std::span<std::byte> room, std::error_code& error) {
  const auto fits = [this](const auto& spare) { return spare->window_bits == window_bits_; };
  if (!context_) context_ = spare_contexts<context>::acquire(fits);
  if (!context_) context_ = std::make_unique<context>(window_bits_);
  std::size_t done = 0;
  while (done < room.size() && !error && next_input()) {
    done += inflate_some(room.subspan(done), error);
  }
  if (done < room.size() && ends_ && !error) finish(error);
  return done;
}

// The tail of every message is not part of its payload.
bool inflater::within_tail() const noexcept {
  return input_.data() == tail.data() + tail.size();
}

bytes_view inflater::rest() const noexcept {
  if (within_tail()) return {};
  if (!context_ || context_->z.avail_in == 0) return input_;
  const auto* const next = reinterpret_cast<const std::byte*>(context_->z.next_in);
  return {next, context_->z.avail_in + input_.size()};
}

void inflater::move_rest(const std::byte* copy) noexcept {
  if (within_tail()) return;
  const std::size_t taken = rest().size() - input_.size();
  if (taken > 0) context_->z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(copy));
  input_ = {copy + taken, input_.size()};
}

// Returns whether zlib has something to do: input, or output for which there was no space.
bool inflater::next_input() {
  z_stream& z = context_->z;
  if (z.avail_in > 0 || output_pending_) return true;
  // If a block ends where the payload does, the sender has removed nothing: the empty message of
  // some senders, and messages that end with a final block.
  if (input_.empty() && std::exchange(tail_due_, false) && !between_blocks_) input_ = tail;
  if (input_.empty()) return false;
  const uInt count = as_uint(input_.size());
  z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input_.data()));
  z.avail_in = count;
  input_ = input_.subspan(count);
  return true;
}

std::size_t inflater::inflate_some(std::span<std::byte> room, std::error_code& error) {
  z_stream& z = context_->z;
  z.next_out = reinterpret_cast<Bytef*>(room.data());
  const uInt size = z.avail_out = as_uint(room.size());
  const int result = inflate(&z, Z_SYNC_FLUSH);
  output_pending_ = z.avail_out == 0;
  switch (result) {
    // Bit 7 is set after a block, bit 6 within the last one; the lowest bits count the unused bits
    // of a byte.
    case Z_OK: between_blocks_ = (z.data_type & 0xff) == 0x80; break;
    case Z_STREAM_END: restart(); break;
    case Z_BUF_ERROR: break;  // there was nothing to do
    case Z_MEM_ERROR: throw std::bad_alloc();
    default: error = errc::invalid_deflate_data;
  }
  return size - z.avail_out;
}

// RFC 7692 7.2.3.4: a final block does not end the message. The data that follows may refer to
// earlier data.
void inflater::restart() {
  z_stream& z = context_->z;
  std::array<Bytef, 32768> window;
  uInt size = 0;
  inflateGetDictionary(&z, window.data(), &size);
  inflateReset(&z);
  inflateSetDictionary(&z, window.data(), size);
  between_blocks_ = true;
}

// A message that ends in the middle of a block is incomplete.
void inflater::finish(std::error_code& error) {
  if (!between_blocks_) error = errc::invalid_deflate_data;
  ends_ = false;
  if (error || context_takeover_) return;
  inflateReset(&context_->z);
  spare_contexts<context>::release(std::move(context_));
}

}  // namespace wsx::protocol
