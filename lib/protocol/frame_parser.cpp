#include "spare_contexts.hpp"

#include <wsx/protocol/frame_parser.hpp>

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace wsx::protocol {

namespace {

constexpr std::size_t key_size = 4;

// wslay's ssize_t, which is a type of POSIX.
using wslay_result = decltype(wslay_frame_recv(nullptr, nullptr));

std::uint8_t to_number(std::byte b) noexcept {
  return std::to_integer<std::uint8_t>(b);
}

// RFC 6455 5.2: 2 bytes, then none, 2 or 8 of length, then the mask key if the mask bit is set.
std::size_t header_size_by(std::byte second) noexcept {
  const auto length = to_number(second) & 0x7f;
  const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  return 2 + extended + ((to_number(second) & 0x80) != 0 ? key_size : 0);
}

}  // namespace

// wslay's state, which has a buffer of 4 KiB, and the input that it currently reads from. wslay
// copies its input, so it is given the bytes of the header only. For a payload it gets the number
// of bytes, which is enough to count those of an unmasked frame.
struct frame_context {
  frame_context() {
    wslay_frame_callbacks callbacks{};
    callbacks.recv_callback = [](std::uint8_t* target, std::size_t room, int, void* user) {
      frame_parser& p = *static_cast<frame_context*>(user)->parser;
      const bool in_header = p.header_have_ < p.header_need_;
      const auto count = in_header ? p.read_header(target, room) : p.claim_payload(room);
      return count == 0 ? wslay_result{-1} : static_cast<wslay_result>(count);
    };
    if (wslay_frame_context_init(&wslay, &callbacks, this) != 0) throw std::bad_alloc();
  }
  ~frame_context() { wslay_frame_context_free(wslay); }
  frame_context(const frame_context&) = delete;
  frame_context& operator=(const frame_context&) = delete;

  wslay_frame_context_ptr wslay = nullptr;
  frame_parser* parser = nullptr;
};

frame_parser::frame_parser(bool rsv1_defined) noexcept : rsv1_defined_(rsv1_defined) {}
frame_parser::~frame_parser() = default;
frame_parser::frame_parser(frame_parser&&) noexcept = default;
frame_parser& frame_parser::operator=(frame_parser&&) noexcept = default;

// An ordinary frame except for its RSV1. RFC 7692 6.1: only the first frame of a message has it.
bool frame_parser::take_compressed(frame_piece& piece) noexcept {
  if (!rsv1_defined_ || within_frame_ || input_.size() < 2) return false;
  const unsigned first = to_number(input_[0]);
  const auto op = static_cast<opcode>(first & 0x3f);
  if ((first & 0x40) == 0 || (op != opcode::text && op != opcode::binary)) return false;
  if (!take_whole(piece, first)) return false;
  piece.rsv1 = true;
  return true;
}

parse_status frame_parser::take_any(frame_piece& piece) {
  if (take_compressed(piece)) return parse_status::piece;
  if (error_) return parse_status::error;
  if (!within_frame_ && input_.empty()) return parse_status::need_input;
  if (!context_) context_ = spare_contexts<frame_context>::acquire();
  if (!context_) context_ = std::make_unique<frame_context>();
  context_->parser = this;
  within_frame_ = true;

  wslay_frame_iocb got{};
  const auto result = wslay_frame_recv(context_->wslay, &got);
  if (const auto error = check_head()) return fail(error);
  if (result == WSLAY_ERR_PROTO) return fail(refusal());
  if (result < 0) return header_is_news() ? announce(piece) : parse_status::need_input;

  // wslay counts at most the size of its own buffer at once; the rest of the input is added here.
  const std::byte* const begin = input_.data() - got.data_length;
  std::size_t size = got.data_length;
  while (payload_left_ > 0 && !input_.empty()) {
    if (wslay_frame_recv(context_->wslay, &got) < 0) break;
    size += got.data_length;
  }

  piece.op = static_cast<opcode>(got.opcode);
  piece.fin = got.fin != 0;
  piece.rsv1 = wslay_get_rsv1(got.rsv) != 0;
  piece.frame_length = got.payload_length;
  piece.payload = {begin, size};
  piece.first = !begun_;
  piece.last = payload_left_ == 0;
  begun_ = true;
  if (piece.last) end_frame();
  return parse_status::piece;
}

// Returns whether the header is complete, which wslay does not report before the first byte of the
// payload.
bool frame_parser::header_is_news() const noexcept {
  return header_have_ == header_need_ && !begun_;
}

parse_status frame_parser::announce(frame_piece& piece) noexcept {
  const unsigned first = to_number(header_[0]);
  piece = {.op = static_cast<opcode>(first & opcode_bits),
           .fin = (first & fin_bit) != 0,
           .rsv1 = (first & rsv1_bit) != 0,
           .frame_length = payload_left_,
           .first = true};
  begun_ = true;
  return parse_status::piece;
}

// Passes the header to wslay as far as its length is known: first 2 bytes, then the rest.
std::size_t frame_parser::read_header(std::uint8_t* target, std::size_t room) noexcept {
  const auto missing = static_cast<std::size_t>(header_need_ - header_have_);
  const std::size_t count = std::min({missing, input_.size(), room});
  if (count == 0) return 0;
  std::memcpy(header_.data() + header_have_, input_.data(), count);
  std::memcpy(target, input_.data(), count);
  input_ = input_.subspan(count);
  header_have_ = static_cast<std::uint8_t>(header_have_ + count);
  if (header_have_ == 2) header_need_ = static_cast<std::uint8_t>(header_size_by(header_[1]));
  if (header_have_ == header_need_) payload_left_ = declared_length();
  return count;
}

std::size_t frame_parser::claim_payload(std::size_t room) noexcept {
  const auto here = std::min(input_.size(), room);
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, here));
  input_ = input_.subspan(count);
  payload_left_ -= count;
  return count;
}

void frame_parser::end_frame() {
  within_frame_ = begun_ = false;
  header_have_ = 0;
  header_need_ = 2;
  spare_contexts<frame_context>::release(std::move(context_));
}

parse_status frame_parser::fail(std::error_code error) noexcept {
  error_ = error;
  context_.reset();  // it has stopped within a frame
  return parse_status::error;
}

// The checks that wslay leaves to its user, made as soon as the first two bytes have arrived.
std::error_code frame_parser::check_head() const noexcept {
  if (header_have_ < 1) return {};
  const auto op = static_cast<opcode>(to_number(header_[0]) & 0x0f);
  // RFC 6455 5.2: RSV1 to RSV3 must be 0 unless an extension defines them. RFC 7692 6.1 defines
  // RSV1 for the first frame of a message only.
  const bool begins = op == opcode::text || op == opcode::binary;
  const int reserved = rsv1_defined_ && begins ? 0x30 : 0x70;
  if ((to_number(header_[0]) & reserved) != 0) return errc::reserved_bits;
  if (!is_defined(op)) return errc::reserved_opcode;
  if (header_have_ < 2) return {};
  // RFC 6455 5.1: a client must close the connection if it detects a masked frame.
  if ((to_number(header_[1]) & 0x80) != 0) return errc::masked_frame;
  return {};
}

std::uint64_t frame_parser::declared_length() const noexcept {
  const auto brief = static_cast<std::uint64_t>(to_number(header_[1]) & 0x7f);
  const std::size_t extended = brief == 126 ? 2 : brief == 127 ? 8 : 0;
  if (extended == 0) return brief;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < extended; ++i) length = length << 8 | to_number(header_[2 + i]);
  return length;
}

// wslay reports only that it refuses a frame; the frame's header shows why.
errc frame_parser::refusal() const noexcept {
  const bool control = is_control(static_cast<opcode>(to_number(header_[0]) & 0x0f));
  if (control && (to_number(header_[0]) & 0x80) == 0) return errc::fragmented_control;
  return control ? errc::control_too_long : errc::invalid_length;
}

}  // namespace wsx::protocol
