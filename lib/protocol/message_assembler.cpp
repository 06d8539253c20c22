#include <wsx/error.hpp>
#include <wsx/protocol/message_assembler.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace wsx::protocol {

namespace {

// The limits on what is inflated at once.
constexpr std::size_t least_step = 512;
constexpr std::size_t most_step = 16 * 1024;

// Limit on what is inflated before others get their turn.
constexpr std::size_t most_inflated_at_once = 256 * 1024;

// A message is large if this much of it has arrived, or there is this much memory for its rest.
constexpr std::uint64_t large = 64 * 1024;

// Limit on what is read directly into its final place. Text is validated while it is in the core's
// second-level cache.
constexpr std::uint64_t most_read = 256 * 1024;

// RFC 6455 5.5.1: returns the code at the beginning of a Close frame; 0 if there is none.
std::uint64_t code_of(bytes_view payload) noexcept {
  if (payload.size() < 2) return 0;
  return std::to_integer<std::uint64_t>(payload[0]) << 8 |
         std::to_integer<std::uint64_t>(payload[1]);
}

// Returns what a frame with a wrong size is reported with. The sum with a length that a header
// declares must not overflow.
std::uint64_t size_at_fault(std::uint64_t frame_length, errc error,
                            std::uint64_t message_size) noexcept {
  const std::uint64_t before = error == errc::message_too_big ? message_size : 0;
  return frame_length + std::min(before, ~frame_length);
}

}  // namespace

message_assembler::message_assembler(message_limits limits, delivery how,
                                     std::optional<inflater> inflate)
    : limits_(limits),
      delivery_(how),
      parser_(inflate.has_value()),
      inflater_(std::move(inflate)) {}

bool message_assembler::reusable(std::size_t memory) const noexcept {
  const bool remembers = inflating_ || (inflater_ && inflater_->remembers());
  return idle() && !remembers && !parser_.within_frame() && parser_.rest().empty() && !error_ &&
         collected_.capacity() <= memory;
}

void message_assembler::reuse(message_limits limits, delivery how,
                              std::optional<inflater> inflate) noexcept {
  limits_ = limits;
  delivery_ = how;
  if (inflate.has_value() != inflater_.has_value()) parser_ = frame_parser(inflate.has_value());
  inflater_ = std::move(inflate);
}

// The declared length is only compared here; nothing of that size is allocated.
errc message_assembler::check_frame(const frame_piece& piece) {
  if (piece.frame_length > limits_.max_frame) return errc::frame_too_big;
  if (!compressed_ && piece.frame_length > limits_.max_message - message_size_)
    return errc::message_too_big;
  if (++frames_ > limits_.max_fragments) return errc::too_many_fragments;
  return errc{};
}

// A whole message in one frame: nothing of it has to be remembered.
bool message_assembler::is_message(const frame_piece& piece) const noexcept {
  const bool one_frame = piece.first && piece.last && piece.fin && !in_message_;
  const bool data = piece.op == opcode::text || piece.op == opcode::binary;
  return one_frame && data && !piece.rsv1 && delivery_ == delivery::messages;
}

receive_event message_assembler::take_message(const frame_piece& piece) {
  compressed_ = false;
  message_size_ = 0;
  frames_ = 0;
  if (const auto error = check_frame(piece); error != errc{})
    return fail(error, size_at_fault(piece.frame_length, error, message_size_));
  kind_ = piece.op;
  if (kind_ == opcode::text && !is_utf8(piece.payload)) return fail(errc::invalid_utf8);
  return deliver_message(piece.payload);
}

// The ordinary message is complete, so only its opcode and payload are checked.
receive_event message_assembler::next() {
  if (!take_message(kind_, payload_)) return next_any();
  first_ = last_ = true;
  if (kind_ == opcode::binary) return receive_event::binary;
  return is_utf8(payload_) ? receive_event::text : refuse_text();
}

receive_event message_assembler::refuse_text() noexcept {
  return fail(errc::invalid_utf8);
}

receive_event message_assembler::next_any() {
  if (error_) return receive_event::violation;
  if (given_out_) {
    collected_.clear();
    given_out_ = false;
  }
  if (inflating_) {
    const receive_event event = inflate_on();
    if (event != receive_event::need_input) return event;
  }
  for (;;) {
    frame_piece piece;
    switch (parser_.next(piece)) {
      case parse_status::need_input: return receive_event::need_input;
      case parse_status::error: return fail(parser_.error());
      case parse_status::piece: break;
    }
    if (is_message(piece)) return take_message(piece);
    const receive_event event = is_control(piece.op) ? take_control(piece) : take_data(piece);
    if (event != receive_event::need_input) return event;
  }
}

receive_event message_assembler::take_control(const frame_piece& piece) {
  if (piece.first && piece.last) return finish_control(piece.op, piece.payload);
  if (piece.first) control_.clear();
  control_.append(piece.payload);
  return piece.last ? finish_control(piece.op, control_.view()) : receive_event::need_input;
}

receive_event message_assembler::finish_control(opcode op, bytes_view payload) {
  payload_ = payload;
  if (op == opcode::ping) return receive_event::ping;
  if (op == opcode::pong) return receive_event::pong;
  if (const auto error = parse_close(payload, close_)) return fail(error, code_of(payload));
  return receive_event::close;
}

receive_event message_assembler::take_data(const frame_piece& piece) {
  took_data_ = true;
  if (piece.first) {
    begins_ = !in_message_;
    if (const auto error = check_order(piece); error != errc{}) return fail(error);
    if (const auto error = check_frame(piece); error != errc{})
      return fail(error, size_at_fault(piece.frame_length, error, message_size_));
    // Only the header has been checked: there is nothing to return yet.
    if (piece.payload.empty() && !piece.last) return receive_event::need_input;
  }
  ends_ = piece.last && piece.fin;
  return compressed_ ? take_compressed(piece.payload) : take_plain(piece.payload);
}

// RFC 6455 5.4: a message begins with a text or binary frame and is continued in continuation
// frames.
errc message_assembler::check_order(const frame_piece& piece) {
  const bool continues = piece.op == opcode::continuation;
  if (continues && !in_message_) return errc::unexpected_continuation;
  if (!continues && in_message_) return errc::expected_continuation;
  if (!continues) {
    kind_ = piece.op;
    in_message_ = true;
    compressed_ = piece.rsv1;
    message_size_ = 0;
    frames_ = 0;
    utf8_.reset();
  }
  return errc{};
}

receive_event message_assembler::take_plain(bytes_view payload) {
  message_size_ += payload.size();
  if (!is_valid(payload, ends_)) return fail(errc::invalid_utf8);
  if (delivery_ == delivery::fragments) return deliver_piece(payload, ends_);
  collect(payload);
  if (!ends_) return receive_event::need_input;
  given_out_ = true;
  return deliver_message(collected_.view());
}

void message_assembler::collect(bytes_view payload) {
  const bool has_room = payload.size() <= collected_.capacity() - collected_.size();
  const bool in_place = has_room && payload.data() == collected_.data() + collected_.size();
  in_place ? collected_.commit(payload.size()) : collected_.append(payload, most_collected());
}

// Uses memory that is allocated already, or else at most as much as has arrived. A declared length
// is not trusted, even if it is within the limits. The end of a message's last frame qualifies even
// if it is short, because the next message would arrive with it and be copied.
std::span<std::byte> message_assembler::place_for_rest() {
  const bool plain = in_message_ && !compressed_ && delivery_ == delivery::messages;
  if (!plain || error_) return {};
  const std::uint64_t come = collected_.size();
  const std::uint64_t room = std::max<std::uint64_t>(come, collected_.capacity() - come);
  const auto count = std::min({room, parser_.payload_left(), most_read});
  const bool worth_it = count >= large || (come >= large && parser_.ends_message());
  if (!worth_it) return {};
  return collected_.prepare(static_cast<std::size_t>(count), most_collected());
}

receive_event message_assembler::take_compressed(bytes_view payload) {
  inflater_->feed(payload, ends_);
  inflating_ = true;
  return inflate_on();
}

receive_event message_assembler::inflate_on() {
  if (delivery_ == delivery::fragments) return inflate_piece();
  for (const std::size_t before = collected_.size(); inflating_;) {
    if (const auto error = inflate_some()) return fail(error);
    if (inflating_ && collected_.size() - before >= most_inflated_at_once)
      return receive_event::more;
  }
  if (!ends_) return receive_event::need_input;
  given_out_ = true;
  return deliver_message(collected_.view());
}

// The bytes that are being inflated directly precede those that have not been parsed.
bytes_view message_assembler::rest() const noexcept {
  const bytes_view unparsed = parser_.rest();
  const bytes_view compressed = inflating_ ? inflater_->rest() : bytes_view();
  if (compressed.empty()) return unparsed;
  return {compressed.data(), compressed.size() + unparsed.size()};
}

void message_assembler::move_rest(const std::byte* copy) noexcept {
  const std::size_t unparsed = parser_.rest().size();
  const std::size_t compressed = rest().size() - unparsed;
  if (compressed > 0) inflater_->move_rest(copy);
  parser_.feed({copy + compressed, unparsed});
}

receive_event message_assembler::inflate_piece() {
  if (const auto error = inflate_some()) return fail(error);
  given_out_ = true;
  return deliver_piece(collected_.view(), ends_ && !inflating_);
}

// Inflates a bounded number of bytes and appends them to the collected ones.
std::error_code message_assembler::inflate_some() {
  std::array<std::byte, 1> beyond;  // the message may have ended exactly at the limit
  const std::uint64_t left = limits_.max_message - message_size_;
  const auto room = left == 0 ? std::span<std::byte>(beyond) : inflate_room(left);
  std::error_code error;
  const auto next = room.first(inflater_->read(room, error));
  if (next.size() > left) return errc::message_too_big;
  inflating_ = !error && next.size() == room.size();
  message_size_ += next.size();
  // Output before an error is validated before the error is reported.
  if (!is_valid(next, ends_ && !inflating_ && !error)) return errc::invalid_utf8;
  if (error) return error;
  collected_.commit(next.size());
  return {};
}

std::span<std::byte> message_assembler::inflate_room(std::uint64_t left) {
  const std::size_t spare = collected_.capacity() - collected_.size();
  const std::size_t least = delivery_ == delivery::fragments ? most_step : least_step;
  const std::size_t step = std::clamp(spare, least, most_step);
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(step, left));
  return collected_.prepare(count, most_collected());
}

std::size_t message_assembler::most_collected() const noexcept {
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(limits_.max_message, memory::byte_buffer::unlimited));
}

receive_event message_assembler::deliver_piece(bytes_view payload, bool last) {
  if (last) in_message_ = false;
  payload_ = payload;
  first_ = std::exchange(begins_, false);
  last_ = last;
  // An empty piece in the middle of a message carries no information.
  const bool idle = payload.empty() && !first_ && !last_;
  return idle ? receive_event::need_input : receive_event::fragment;
}

receive_event message_assembler::deliver_message(bytes_view payload) {
  in_message_ = false;
  payload_ = payload;
  first_ = last_ = true;
  return kind_ == opcode::text ? receive_event::text : receive_event::binary;
}

// RFC 6455 8.1. A text that is not complete is validated by the piece, so that an invalid one is
// refused at its first wrong byte, however much more was announced.
bool message_assembler::is_valid(bytes_view next, bool ends) noexcept {
  if (kind_ != opcode::text) return true;
  return utf8_.feed(next) && (!ends || utf8_.complete());
}

receive_event message_assembler::fail(std::error_code error, std::uint64_t culprit) noexcept {
  error_ = error;
  culprit_ = culprit;
  return receive_event::violation;
}

}  // namespace wsx::protocol
