#pragma once

#include <wsx/bytes.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/opcode.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>

namespace wsx::protocol {

/// What has arrived of one frame from the server.
struct frame_piece {
  opcode op = opcode::continuation;
  bool fin = false;
  bool rsv1 = false;               ///< on the first frame of a message that is compressed
  std::uint64_t frame_length = 0;  ///< the payload length that the header declares
  bytes_view payload{};            ///< a view into the bytes that were fed
  bool first = false;              ///< the frame begins here
  bool last = false;               ///< the frame is complete
};

/// What `frame_parser::next` came to.
enum class parse_status { need_input, piece, error };

struct frame_context;

/// Takes the frames of a server apart, wherever the input is cut. RFC 6455 5.2.
///
/// An ordinary data frame, compressed or not, that lies whole in the input is recognized at once;
/// all others go through wslay's frame layer, and checks of what it leaves to its user. Payloads
/// are never copied: a piece is a view into the input. Header bytes are held over from one input to
/// the next, payload bytes are not. Between frames a parser holds no memory: wslay's context comes
/// from a pool of the thread's.
class frame_parser {
 public:
  /// `rsv1_defined`: permessage-deflate has been agreed on, which gives RSV1 a meaning on the first
  /// frame of a message. RFC 7692 6.
  WSX_API explicit frame_parser(bool rsv1_defined = false) noexcept;
  WSX_API ~frame_parser();
  WSX_API frame_parser(frame_parser&&) noexcept;
  WSX_API frame_parser& operator=(frame_parser&&) noexcept;

  /// Sets the next input. All of the one before has been used up (`next` said `need_input`). It
  /// must live until `next` says so again.
  void feed(bytes_view input) noexcept { input_ = input; }

  /// Takes the next piece from the input. A piece ends with its frame or with the input. After an
  /// error the parser says nothing else any more. Throws `std::bad_alloc`.
  parse_status next(frame_piece& piece) {
    return take_ordinary(piece) ? parse_status::piece : take_any(piece);
  }

  /// What `next` found wrong: `errc::reserved_bits`, `errc::reserved_opcode`,
  /// `errc::masked_frame`, `errc::fragmented_control`, `errc::control_too_long`,
  /// `errc::invalid_length`.
  std::error_code error() const noexcept { return error_; }

  /// What is still to come of the payload of the frame at hand; 0 between frames.
  std::uint64_t payload_left() const noexcept { return payload_left_; }

  /// Whether part of a frame has been taken; so for ever after an error.
  bool within_frame() const noexcept { return within_frame_; }

  /// The input not yet taken.
  bytes_view rest() const noexcept { return input_; }

 private:
  friend struct frame_context;

  // A data frame without reserved bits, of less than 64 KiB, that has come whole.
  bool take_ordinary(frame_piece& piece) noexcept {
    if (within_frame_ || input_.size() < 2) return false;
    const auto first = std::to_integer<unsigned>(input_[0]);
    if ((first & 0x7f) > static_cast<unsigned>(opcode::binary)) return false;
    return take_whole(piece, first);
  }

  // The rest of that: whatever the first byte says, the frame is short and all of it is here.
  bool take_whole(frame_piece& piece, unsigned first) noexcept {
    std::size_t header = 2;
    auto length = std::to_integer<std::size_t>(input_[1]);
    if (length > 125) {
      if (length != 126 || input_.size() < 4) return false;
      length =
          std::to_integer<std::size_t>(input_[2]) << 8 | std::to_integer<std::size_t>(input_[3]);
      if (length < 126) return false;
      header = 4;
    }
    if (input_.size() - header < length) return false;
    piece = {.op = static_cast<opcode>(first & 0x0f),
             .fin = (first & 0x80) != 0,
             .frame_length = length,
             .payload = input_.subspan(header, length),
             .first = true,
             .last = true};
    input_ = input_.subspan(header + length);
    return true;
  }

  bool take_compressed(frame_piece& piece) noexcept;
  WSX_API parse_status take_any(frame_piece& piece);
  std::size_t read_header(std::uint8_t* target, std::size_t room) noexcept;
  std::size_t claim_payload(std::size_t room) noexcept;
  void end_frame();
  parse_status fail(std::error_code error) noexcept;
  std::error_code check_head() const noexcept;
  std::uint64_t declared_length() const noexcept;
  errc refusal() const noexcept;

  bytes_view input_{};         // not yet taken
  bool within_frame_ = false;  // or at an end for ever, after an error
  bool rsv1_defined_;

  // Of a frame that wslay is at.
  bool begun_ = false;  // a piece of it has been given out
  std::uint8_t header_have_ = 0;
  std::uint8_t header_need_ = 2;
  std::array<std::byte, 14> header_{};
  std::uint64_t payload_left_ = 0;
  std::unique_ptr<frame_context> context_;
  std::error_code error_{};
};

}  // namespace wsx::protocol
