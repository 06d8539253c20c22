#pragma once

#include <wsx/bytes.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/opcode.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>

namespace wsx::protocol {

/// The part of a server's frame that has arrived.
struct frame_piece {
  opcode op = opcode::continuation;
  bool fin = false;
  bool rsv1 = false;               ///< on the first frame of a compressed message
  std::uint64_t frame_length = 0;  ///< the payload length that the header declares
  bytes_view payload{};            ///< a view of the input
  bool first = false;              ///< the frame begins here
  bool last = false;               ///< the frame is complete
};

/// The result of `frame_parser::next`.
enum class parse_status { need_input, piece, error };

struct frame_context;

/// Parses the frames of a server, wherever the input is split. RFC 6455 5.2.
///
/// An ordinary data frame that is complete in the input, compressed or not, is recognized at once.
/// All others are parsed by wslay's frame layer, with checks that wslay leaves to its user.
/// Payloads are never copied: a piece is a view of the input. Header bytes are kept from one input
/// to the next, payload bytes are not. Between frames a parser holds no memory: wslay's context
/// comes from the thread's spares.
class frame_parser {
 public:
  /// `rsv1_defined`: permessage-deflate has been agreed on, which defines RSV1 for the first frame
  /// of a message. RFC 7692 6.
  WSX_API explicit frame_parser(bool rsv1_defined = false) noexcept;
  WSX_API ~frame_parser();
  WSX_API frame_parser(frame_parser&&) noexcept;
  WSX_API frame_parser& operator=(frame_parser&&) noexcept;

  /// Sets the next input. The previous one has been consumed: `next` returned `need_input`. The
  /// input must live until it does so again.
  void feed(bytes_view input) noexcept { input_ = input; }

  /// Takes the next piece from the input. A piece ends with its frame or with the input, so it is
  /// empty if the input ends with the header. After an error the result is always that error.
  /// Throws `std::bad_alloc`.
  parse_status next(frame_piece& piece) {
    return take_ordinary(piece) ? parse_status::piece : take_any(piece);
  }

  /// Takes the most frequent kind of piece: a message in one uncompressed frame of less than 64 KiB
  /// that is complete in the input. Returns false for anything else, or if the payload exceeds
  /// `most` bytes: then call `next`.
  bool take_message(opcode& op, bytes_view& payload, std::uint64_t most) noexcept {
    if (within_frame_ || input_.size() < 2) return false;
    const auto first = std::to_integer<unsigned>(input_[0]);
    const unsigned whole_text = fin_bit | static_cast<unsigned>(opcode::text);
    const unsigned whole_binary = fin_bit | static_cast<unsigned>(opcode::binary);
    if (first != whole_text && first != whole_binary) return false;
    const extent found = find_payload();
    if (found.header == 0 || found.length > most) return false;
    op = static_cast<opcode>(first & opcode_bits);
    payload = take_payload(found);
    return true;
  }

  /// Returns the error of `next`: `errc::reserved_bits`, `errc::reserved_opcode`,
  /// `errc::masked_frame`, `errc::fragmented_control`, `errc::control_too_long`,
  /// `errc::invalid_length`.
  std::error_code error() const noexcept { return error_; }

  /// Returns the header of the wrong frame, as far as it has arrived.
  bytes_view header() const noexcept { return bytes_view(header_).first(header_have_); }

  /// Returns the number of payload bytes of the current frame that are missing; 0 between frames.
  std::uint64_t payload_left() const noexcept { return payload_left_; }

  /// Returns whether the current frame is the last one of its message.
  bool ends_message() const noexcept {
    const auto first = std::to_integer<unsigned>(header_[0]);
    return (first & fin_bit) != 0 && !is_control(static_cast<opcode>(first & opcode_bits));
  }

  /// Returns whether part of a frame has been taken; always true after an error.
  bool within_frame() const noexcept { return within_frame_; }

  /// Returns the input that has not been taken.
  bytes_view rest() const noexcept { return input_; }

 private:
  friend struct frame_context;

  // RFC 6455 5.2: the bits of a frame's first byte.
  static constexpr unsigned fin_bit = 0x80;
  static constexpr unsigned rsv1_bit = 0x40;
  static constexpr unsigned opcode_bits = 0x0f;

  // The position of a payload in the input.
  struct extent {
    std::size_t header = 0;  // 0: not all of it is in the input
    std::size_t length = 0;
  };

  // Takes a data frame without reserved bits, smaller than 64 KiB, that is complete in the input.
  bool take_ordinary(frame_piece& piece) noexcept {
    if (within_frame_ || input_.size() < 2) return false;
    const auto first = std::to_integer<unsigned>(input_[0]);
    if ((first & ~fin_bit) > static_cast<unsigned>(opcode::binary)) return false;
    return take_whole(piece, first);
  }

  // The rest of that: the frame is short and complete, whatever its first byte is.
  bool take_whole(frame_piece& piece, unsigned first) noexcept {
    const extent found = find_payload();
    if (found.header == 0) return false;
    piece = {.op = static_cast<opcode>(first & opcode_bits),
             .fin = (first & fin_bit) != 0,
             .frame_length = found.length,
             .payload = take_payload(found),
             .first = true,
             .last = true};
    return true;
  }

  // For a frame smaller than 64 KiB, of which at least two bytes have arrived.
  extent find_payload() const noexcept {
    extent found{.header = 2, .length = std::to_integer<std::size_t>(input_[1])};
    if (found.length > 125) {
      if (found.length != 126 || input_.size() < 4) return {};
      found.header = 4;
      found.length =
          std::to_integer<std::size_t>(input_[2]) << 8 | std::to_integer<std::size_t>(input_[3]);
      if (found.length < 126) return {};
    }
    return input_.size() - found.header < found.length ? extent{} : found;
  }

  bytes_view take_payload(extent found) noexcept {
    const bytes_view payload = input_.subspan(found.header, found.length);
    input_ = input_.subspan(found.header + found.length);
    return payload;
  }

  bool take_compressed(frame_piece& piece) noexcept;
  WSX_API parse_status take_any(frame_piece& piece);
  bool header_is_news() const noexcept;
  parse_status announce(frame_piece& piece) noexcept;
  std::size_t read_header(std::uint8_t* target, std::size_t room) noexcept;
  std::size_t claim_payload(std::size_t room) noexcept;
  void end_frame();
  parse_status fail(std::error_code error) noexcept;
  std::error_code check_head() const noexcept;
  std::uint64_t declared_length() const noexcept;
  errc refusal() const noexcept;

  bytes_view input_{};         // not yet taken
  bool within_frame_ = false;  // also true forever after an error
  bool rsv1_defined_;

  // The frame that wslay parses.
  bool begun_ = false;  // a piece of it has been returned
  std::uint8_t header_have_ = 0;
  std::uint8_t header_need_ = 2;
  std::array<std::byte, 14> header_{};
  std::uint64_t payload_left_ = 0;
  std::unique_ptr<frame_context> context_;
  std::error_code error_{};
};

}  // namespace wsx::protocol
