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
/// Wslay's frame layer does it; payloads are never copied: a piece is a view into the input. Header
/// bytes are held over from one input to the next, payload bytes are not. Between frames a parser
/// holds no memory: wslay's context comes from a pool of the thread's.
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
  void feed(bytes_view input) noexcept {
    input_ = input;
    given_ = taken_ = 0;
  }

  /// Takes the next piece from the input. A piece ends with its frame or with the input. After an
  /// error the parser says nothing else any more. Throws `std::bad_alloc`.
  WSX_API parse_status next(frame_piece& piece);

  /// What `next` found wrong: `errc::reserved_bits`, `errc::reserved_opcode`,
  /// `errc::masked_frame`, `errc::fragmented_control`, `errc::control_too_long`,
  /// `errc::invalid_length`.
  std::error_code error() const noexcept { return error_; }

  /// The input not yet taken.
  bytes_view rest() const noexcept { return input_.subspan(taken_); }

 private:
  friend struct frame_context;

  std::size_t give(std::uint8_t* target, std::size_t room) noexcept;
  parse_status stopped(bool refused);
  parse_status fail(std::error_code error) noexcept;
  std::byte head(std::size_t i) const noexcept;
  std::error_code check_head(std::size_t known) const noexcept;
  errc refusal() const noexcept;

  std::unique_ptr<frame_context> context_;  // null between frames
  bytes_view input_{};
  std::size_t given_ = 0;  // of the input, to wslay
  std::size_t taken_ = 0;  // of the input, by pieces, or held
  // Where what wslay was given last lies in the input, and where in wslay's buffer.
  const std::byte* source_ = nullptr;
  const std::uint8_t* copy_ = nullptr;

  std::array<std::byte, 14> held_{};  // the header's bytes from earlier inputs
  std::uint8_t held_size_ = 0;
  bool begun_ = false;  // a piece of the current frame has been given out
  bool rsv1_defined_;
  std::uint64_t payload_left_ = 0;  // of the frame begun
  std::error_code error_{};
};

}  // namespace wsx::protocol
