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

/// Bounds of what a server may send.
struct message_limits {
  std::uint64_t max_message = 16 * 1024 * 1024;  ///< payload bytes of a message, inflated
  std::uint64_t max_frame = 16 * 1024 * 1024;    ///< payload bytes of a frame, as they came
  std::size_t max_fragments = 131072;            ///< frames of a message
};

/// What the server sent, as far as the input goes.
enum class receive_event {
  need_input,  ///< nothing more in this input
  more,        ///< much of a message has been inflated: there is more, if asked for
  text,        ///< a whole message in `payload`
  binary,      ///< a whole message in `payload`
  fragment,    ///< a piece of a message: `payload`, `message_kind`, `first`, `last`
  ping,        ///< `payload`
  pong,        ///< `payload`
  close,       ///< `close`
  violation,   ///< `error`, and the text of its message, say what; nothing else follows
};

/// Makes messages of frames, and judges everything that RFC 6455 asks of a server's frames beyond
/// their form: the order of fragments (5.4), UTF-8 (8.1), Close frames (5.5.1, 7.4), and the
/// limits. A frame whose header is at fault is refused before any of its payload has come. Inflates
/// what is compressed (RFC 7692), if it was given an inflater.
///
/// A message that lies whole in one input is a view into that input. Any other is collected in
/// one buffer that grows with the bytes that came, never with what a header declares; so is a
/// compressed one, as it is inflated, up to the limit and no further.
class message_assembler {
 public:
  WSX_API explicit message_assembler(message_limits limits = {}, delivery how = delivery::messages,
                                     std::optional<inflater> inflate = {});

  /// Sets the next input. The one before has been used up: `next` said `need_input`.
  void feed(bytes_view input) noexcept { parser_.feed(input); }

  /// Where the next input is best read to: right behind what has been collected of a large message,
  /// which saves a copy of it. Empty if any other place is as good. Valid until that input is fed.
  WSX_API std::span<std::byte> place_for_rest();

  /// The next event. What the accessors below point to is valid until the next call.
  WSX_API receive_event next();

  /// The ordinary case of `next`, at less cost: a whole message that lies in one frame. If that is
  /// what comes next, gives it out and returns true. The caller judges a text's UTF-8, and says
  /// `refuse_text` if it is at fault.
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

  /// What was violated. See `errc` from `reserved_bits` to `too_many_fragments`.
  std::error_code error() const noexcept { return error_; }

  /// What is known of the violation beyond `error`, as a phrase that can follow the text of its
  /// message: "1005", "20000000 bytes, max_message_size is 16777216". Empty if that text says all,
  /// or if there was no violation.
  WSX_API std::string error_detail() const;

  /// The input not yet taken: what must be kept if the input has to be given back.
  WSX_API bytes_view rest() const noexcept;

  /// `rest` has been copied to `copy`: goes on there.
  WSX_API void move_rest(const std::byte* copy) noexcept;

  /// Whether nothing of a message or frame is being held.
  bool idle() const noexcept { return !in_message_ && collected_.empty(); }

  /// Gives back the memory of the last message, if no message is being collected.
  void release_memory() noexcept {
    if (idle()) collected_.release();
  }

  /// Whether `reuse` may be called: it has nothing to remember, and `memory` bytes at most of
  /// messages before.
  WSX_API bool reusable(std::size_t memory) const noexcept;

  /// Serves another connection, as if it was new, with the memory that it has.
  WSX_API void reuse(message_limits limits, delivery how, std::optional<inflater> inflate) noexcept;

 private:
  // Nothing of one is here, and a whole one may be given out.
  bool between_messages() const noexcept {
    const bool busy = in_message_ || given_out_ || inflating_ || error_;
    return !busy && delivery_ == delivery::messages && limits_.max_fragments > 0;
  }
  receive_event next_any();
  bool is_message(const frame_piece& piece) const noexcept;
  receive_event take_message(const frame_piece& piece);
  receive_event take(const frame_piece& piece);
  receive_event take_control(const frame_piece& piece);
  receive_event finish_control(opcode op, bytes_view payload);
  receive_event take_data(const frame_piece& piece);
  errc check_order(const frame_piece& piece);
  errc check_frame(const frame_piece& piece);
  std::uint64_t size_at_fault(const frame_piece& piece, errc error) const noexcept;
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
  memory::byte_buffer collected_;  // the message so far
  memory::byte_buffer control_;    // the payload of a control frame so far

  opcode kind_ = opcode::continuation;  // of the message being received
  bool in_message_ = false;
  bool compressed_ = false;  // that message
  bool begins_ = false;      // it does, with the frame at hand, and none of it has been given out
  bool ends_ = false;        // it does, with the piece at hand
  bool inflating_ = false;   // the piece at hand, which is not through yet
  bool given_out_ = false;   // `collected_` was the last event's payload
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
