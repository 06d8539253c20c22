#pragma once

#include <wsx/bytes.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/opcode.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/frame_parser.hpp>
#include <wsx/protocol/incoming.hpp>
#include <wsx/protocol/inflater.hpp>
#include <wsx/protocol/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>

namespace wsx::protocol {

/// Limits on what a server may send.
struct message_limits {
  std::uint64_t max_message = 16 * 1024 * 1024;  ///< payload bytes of a message, inflated
  std::uint64_t max_frame = 16 * 1024 * 1024;    ///< payload bytes of a frame, as received
  std::size_t max_fragments = 131072;            ///< frames of a message
};

/// What the server sent, up to the end of the input.
enum class receive_event {
  need_input,  ///< nothing more in this input
  more,        ///< much of a message has been inflated; there is more
  text,        ///< a whole message in `payload`
  binary,      ///< a whole message in `payload`
  fragment,    ///< a piece of a message: `payload`, `message_kind`, `first`, `last`
  ping,        ///< `payload`
  pong,        ///< `payload`
  close,       ///< `close`
  violation,   ///< `error` and `error_detail` describe it; there are no more events
};

/// Makes messages from frames, and checks everything that RFC 6455 requires of a server's frames
/// besides their form. That is the order of fragments (5.4), UTF-8 (8.1), Close frames (5.5.1,
/// 7.4), and the limits. A frame with a wrong header is refused before any of its payload arrives.
/// Inflates compressed messages (RFC 7692) if it has an inflater.
///
/// A message that is complete in one input is a view of that input. Any other message is collected
/// in one buffer. The buffer grows with the bytes that arrive, never with a length that a header
/// declares. Compressed messages are inflated into that buffer, up to the limit.
class message_assembler {
 public:
  WSX_API explicit message_assembler(message_limits limits = {}, delivery how = delivery::messages,
                                     std::optional<inflater> inflate = {});

  /// Sets the next input. The previous one has been consumed: `next` returned `need_input`.
  void feed(bytes_view input) noexcept {
    parser_.feed(input);
    took_data_ = false;
  }

  /// Returns the best place to read the next input into: directly after what has been collected of
  /// a large message, which saves a copy. Empty if any other place is as good. Valid until that
  /// input is fed.
  WSX_API std::span<std::byte> place_for_rest();

  /// Returns the next event. The accessors below are valid until the next call.
  WSX_API receive_event next();

  /// A faster version of `next` for the ordinary case. If a whole message in one frame comes next,
  /// returns true and that message. The caller checks the UTF-8 of a text, and calls `refuse_text`
  /// if it is wrong.
  bool take_message(opcode& kind, bytes_view& payload) noexcept {
    const std::uint64_t most = std::min(limits_.max_frame, limits_.max_message);
    return between_messages() && parser_.take_message(kind, payload, most);
  }
  WSX_API receive_event refuse_text() noexcept;

  bytes_view payload() const noexcept { return payload_; }
  opcode message_kind() const noexcept { return kind_; }
  bool first() const noexcept { return first_; }
  bool last() const noexcept { return last_; }
  const close_payload& close() const noexcept { return close_; }

  /// Returns what was violated. See `errc` from `reserved_bits` to `too_many_fragments`.
  std::error_code error() const noexcept { return error_; }

  /// Returns details of the violation, as a phrase that can follow the message of `error`: "1005",
  /// "20000000 bytes, max_message_size is 16777216". Empty if that message says everything, or
  /// without a violation.
  WSX_API std::string error_detail() const;

  /// Returns the input that has not been taken, which must be kept if the input's memory is reused.
  WSX_API bytes_view rest() const noexcept;

  /// Continues with `rest` in `copy`, where the caller has copied it.
  WSX_API void move_rest(const std::byte* copy) noexcept;

  /// Returns whether this input had part of a message that is not whole, or not returned whole.
  bool took_data() const noexcept { return took_data_; }

  /// Returns whether a message has begun to arrive, and has not ended.
  bool within_message() const noexcept { return in_message_; }

  /// Returns whether no part of a message or frame is held.
  bool idle() const noexcept { return !in_message_ && collected_.empty(); }

  /// Releases the memory of the last message, unless a message is being collected.
  void release_memory() noexcept {
    if (idle()) collected_.release();
  }

  /// Returns whether `reuse` may be called: nothing has to be remembered, and earlier messages left
  /// at most `memory` bytes.
  WSX_API bool reusable(std::size_t memory) const noexcept;

  /// Serves another connection as if it were new, with its present memory.
  WSX_API void reuse(message_limits limits, delivery how, std::optional<inflater> inflate) noexcept;

  /// Serves the same connection in another way, between two messages.
  void reuse(delivery how) noexcept { delivery_ = how; }

 private:
  // Nothing of a message has arrived, and whole messages may be returned.
  bool between_messages() const noexcept {
    const bool busy = in_message_ || given_out_ || inflating_ || error_;
    return !busy && delivery_ == delivery::messages && limits_.max_fragments > 0;
  }
  receive_event next_any();
  bool is_message(const frame_piece& piece) const noexcept;
  receive_event take_message(const frame_piece& piece);
  receive_event take_control(const frame_piece& piece);
  receive_event finish_control(opcode op, bytes_view payload);
  receive_event take_data(const frame_piece& piece);
  errc check_order(const frame_piece& piece);
  errc check_frame(const frame_piece& piece);
  receive_event take_plain(bytes_view payload);
  void collect(bytes_view payload);
  receive_event take_compressed(bytes_view payload);
  receive_event inflate_on();
  receive_event inflate_piece();
  std::error_code inflate_some();
  std::span<std::byte> inflate_room(std::uint64_t left);
  std::size_t most_collected() const noexcept;
  receive_event deliver_piece(bytes_view payload, bool last);
  receive_event deliver_message(bytes_view payload);
  bool is_valid(bytes_view next, bool ends) noexcept;
  receive_event fail(std::error_code error, std::uint64_t culprit = 0) noexcept;

  message_limits limits_;
  delivery delivery_;
  frame_parser parser_;
  std::optional<inflater> inflater_;
  utf8_validator utf8_;
  memory::byte_buffer collected_;  // of the current message
  memory::byte_buffer control_;    // the payload of the current control frame

  opcode kind_ = opcode::continuation;  // of the current message
  bool in_message_ = false;
  bool compressed_ = false;  // the current message is
  bool begins_ = false;      // it begins with the current frame, and none of it has been returned
  bool ends_ = false;        // it does, with the current piece
  bool inflating_ = false;   // the current piece, which is not finished yet
  bool took_data_ = false;
  bool given_out_ = false;  // `collected_` was the last event's payload
  std::uint64_t message_size_ = 0;
  std::size_t frames_ = 0;

  bytes_view payload_{};
  bool first_ = false;
  bool last_ = false;
  close_payload close_;
  std::error_code error_{};
  std::uint64_t culprit_ = 0;  // what it is about: a length, an opcode, a close code
};

}  // namespace wsx::protocol
