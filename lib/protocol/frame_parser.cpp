#include "context_pool.hpp"

#include <wsx/protocol/frame_parser.hpp>

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace wsx::protocol {

namespace {

int to_number(std::byte b) noexcept {
  return std::to_integer<int>(b);
}

opcode opcode_of(std::byte first) noexcept {
  return static_cast<opcode>(to_number(first) & 0x0f);
}

}  // namespace

// Wslay's state, which has a buffer of 4 KiB, and whose input it works on at the moment.
struct frame_context {
  struct no_settings {
    bool operator==(const no_settings&) const = default;
  };
  using pool = context_pool<frame_context>;

  frame_context() {
    wslay_frame_callbacks callbacks{};
    callbacks.recv_callback = [](std::uint8_t* target, std::size_t room, int, void* user) {
      const auto given = static_cast<frame_context*>(user)->parser->give(target, room);
      return given == 0 ? ssize_t{-1} : static_cast<ssize_t>(given);
    };
    if (wslay_frame_context_init(&wslay, &callbacks, this) != 0) throw std::bad_alloc();
  }
  ~frame_context() { wslay_frame_context_free(wslay); }
  frame_context(const frame_context&) = delete;
  frame_context& operator=(const frame_context&) = delete;

  wslay_frame_context_ptr wslay = nullptr;
  frame_parser* parser = nullptr;
  no_settings settings{};
};

frame_parser::frame_parser(bool rsv1_defined) noexcept : rsv1_defined_(rsv1_defined) {}
frame_parser::~frame_parser() = default;
frame_parser::frame_parser(frame_parser&&) noexcept = default;
frame_parser& frame_parser::operator=(frame_parser&&) noexcept = default;

// Wslay asks for bytes. It copies what it is given; of a payload that is known to go on it is only
// told how much there is, which is all that it needs to keep count of a frame without a mask.
std::size_t frame_parser::give(std::uint8_t* target, std::size_t room) noexcept {
  std::size_t count = std::min(room, input_.size() - given_);
  if (count == 0) return 0;
  source_ = input_.data() + given_;
  copy_ = target;
  if (payload_left_ > 0) {
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, payload_left_));
  } else {
    std::memcpy(target, source_, count);
  }
  given_ += count;
  return count;
}

parse_status frame_parser::next(frame_piece& piece) {
  if (error_) return parse_status::error;
  if (!context_) {
    if (given_ == input_.size()) return parse_status::need_input;
    context_ = frame_context::pool::take(frame_context::no_settings());
    if (!context_) context_ = std::make_unique<frame_context>();
  }
  context_->parser = this;

  wslay_frame_iocb got;
  const ssize_t result = wslay_frame_recv(context_->wslay, &got);
  if (result < 0) return stopped(result == WSLAY_ERR_PROTO);
  if (!begun_) {
    if (const auto error = check_head(2)) return fail(error);
    payload_left_ = got.payload_length;
  }

  // The same bytes in the input. Wslay goes no further than its buffer; the rest of what is here
  // follows suit.
  const std::byte* const begin = source_ + (got.data - copy_);
  std::size_t size = got.data_length;
  payload_left_ -= got.data_length;
  while (payload_left_ > 0 && wslay_frame_recv(context_->wslay, &got) >= 0) {
    size += got.data_length;
    payload_left_ -= got.data_length;
  }

  piece.op = static_cast<opcode>(got.opcode);
  piece.fin = got.fin != 0;
  piece.rsv1 = wslay_get_rsv1(got.rsv) != 0;
  piece.frame_length = got.payload_length;
  piece.payload = {begin, size};
  piece.first = !begun_;
  piece.last = payload_left_ == 0;
  taken_ = static_cast<std::size_t>(begin + size - input_.data());
  begun_ = !piece.last;
  held_size_ = 0;
  return parse_status::piece;
}

// Wslay has come to the input's end, or to a header that it refuses.
parse_status frame_parser::stopped(bool refused) {
  if (!begun_) {
    const auto more = std::min(input_.size() - taken_, held_.size() - held_size_);
    std::copy_n(input_.begin() + static_cast<std::ptrdiff_t>(taken_), more,
                held_.begin() + held_size_);
    held_size_ = static_cast<std::uint8_t>(held_size_ + more);
  }
  taken_ = input_.size();
  if (const auto error = check_head(held_size_)) return fail(error);
  if (refused) return fail(refusal());
  if (held_size_ == 0 && !begun_) frame_context::pool::give(std::move(context_));
  return parse_status::need_input;
}

parse_status frame_parser::fail(std::error_code error) noexcept {
  error_ = error;
  context_.reset();  // it has stopped within a frame
  return parse_status::error;
}

// A byte of the frame's header.
std::byte frame_parser::head(std::size_t i) const noexcept {
  return i < held_size_ ? held_[i] : input_[taken_ + i - held_size_];
}

// What wslay leaves to its user. Judged as soon as the first two bytes are known.
std::error_code frame_parser::check_head(std::size_t known) const noexcept {
  if (known < 1) return {};
  const auto op = opcode_of(head(0));
  // RFC 6455 5.2: RSV1 to RSV3 must be 0 unless an extension gave them a meaning.
  // RFC 7692 6.1: which it does for the first frame of a message only.
  const bool begins = op == opcode::text || op == opcode::binary;
  const int reserved = rsv1_defined_ && begins ? 0x30 : 0x70;
  if ((to_number(head(0)) & reserved) != 0) return errc::reserved_bits;
  if (!is_defined(op)) return errc::reserved_opcode;
  if (known < 2) return {};
  // RFC 6455 5.1: a client must close the connection if it detects a masked frame.
  if ((to_number(head(1)) & 0x80) != 0) return errc::masked_frame;
  return {};
}

// Wslay says only that it refuses a frame; its header says why.
errc frame_parser::refusal() const noexcept {
  if (!is_control(opcode_of(head(0)))) return errc::invalid_length;
  return (to_number(head(0)) & 0x80) == 0 ? errc::fragmented_control : errc::control_too_long;
}

}  // namespace wsx::protocol
