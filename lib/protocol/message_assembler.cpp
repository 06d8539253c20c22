#include <wsx/error.hpp>
#include <wsx/protocol/message_assembler.hpp>

namespace wsx::protocol {

message_assembler::message_assembler(message_limits limits, delivery how)
    : limits_(limits), delivery_(how) {}

receive_event message_assembler::next() {
  if (error_) return receive_event::violation;
  if (given_out_) {
    collected_.clear();
    given_out_ = false;
  }
  for (;;) {
    frame_piece piece;
    switch (parser_.next(piece)) {
      case parse_status::need_input: return receive_event::need_input;
      case parse_status::error: return fail(parser_.error());
      case parse_status::piece: break;
    }
    const receive_event event = take(piece);
    if (event != receive_event::need_input) return event;
  }
}

receive_event message_assembler::take(const frame_piece& piece) {
  return is_control(piece.op) ? take_control(piece) : take_data(piece);
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
  if (const auto error = parse_close(payload, close_)) return fail(error);
  return receive_event::close;
}

receive_event message_assembler::take_data(const frame_piece& piece) {
  const bool begins = piece.first && !in_message_;
  if (piece.first) {
    if (const auto error = check_order(piece)) return fail(error);
  }
  if (const auto error = check_limits(piece)) return fail(error);
  return deliver(piece, begins);
}

// RFC 6455 5.4: a message is begun by a text or binary frame and goes on in continuation frames.
std::error_code message_assembler::check_order(const frame_piece& piece) {
  const bool continues = piece.op == opcode::continuation;
  if (continues && !in_message_) return errc::unexpected_continuation;
  if (!continues && in_message_) return errc::expected_continuation;
  if (!continues) {
    kind_ = piece.op;
    in_message_ = true;
    message_size_ = 0;
    frames_ = 0;
    utf8_.reset();
  }
  return {};
}

std::error_code message_assembler::check_limits(const frame_piece& piece) {
  if (piece.first) {
    if (piece.frame_length > limits_.max_frame) return errc::frame_too_big;
    // The declared length is only compared here, never allocated.
    if (piece.frame_length > limits_.max_message - message_size_) return errc::message_too_big;
    if (++frames_ > limits_.max_fragments) return errc::too_many_fragments;
  }
  message_size_ += piece.payload.size();
  return {};
}

receive_event message_assembler::deliver(const frame_piece& piece, bool begins) {
  const bool ends = piece.last && piece.fin;
  if (kind_ == opcode::text) {
    if (const auto error = check_text(piece, begins && ends)) return fail(error);
  }
  if (ends) in_message_ = false;

  if (delivery_ == delivery::fragments) {
    payload_ = piece.payload;
    first_ = begins;
    last_ = ends;
    // An empty piece in the middle of a message tells nothing.
    return payload_.empty() && !first_ && !last_ ? receive_event::need_input
                                                 : receive_event::fragment;
  }
  if (begins && ends) return deliver_whole(piece.payload);
  collected_.append(piece.payload);
  if (!ends) return receive_event::need_input;
  given_out_ = true;
  return deliver_whole(collected_.view());
}

receive_event message_assembler::deliver_whole(bytes_view payload) {
  payload_ = payload;
  first_ = last_ = true;
  return kind_ == opcode::text ? receive_event::text : receive_event::binary;
}

// RFC 6455 8.1. A text that is not here as a whole is judged by the piece, so that an invalid one
// is refused at its first wrong byte, however much more was announced.
std::error_code message_assembler::check_text(const frame_piece& piece, bool whole) {
  if (whole) return is_utf8(piece.payload) ? std::error_code{} : errc::invalid_utf8;
  const bool ends = piece.last && piece.fin;
  const bool valid = utf8_.feed(piece.payload) && (!ends || utf8_.complete());
  return valid ? std::error_code{} : errc::invalid_utf8;
}

receive_event message_assembler::fail(std::error_code error) noexcept {
  error_ = error;
  return receive_event::violation;
}

}  // namespace wsx::protocol
