#pragma once

#include <wsx/bytes.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/opcode.hpp>

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

/// Takes the frames of a server apart, wherever the input is cut. RFC 6455 5.2.
///
/// Wslay's frame layer reads the headers; payloads are never copied: a piece is a view into the
/// input. Header bytes are held over from one input to the next, payload bytes are not.
class frame_parser {
 public:
  /// `rsv1_defined`: permessage-deflate has been agreed on, which gives RSV1 a meaning on the first
  /// frame of a message. RFC 7692 6.
  WSX_API explicit frame_parser(bool rsv1_defined = false);
  WSX_API ~frame_parser();
  WSX_API frame_parser(frame_parser&&) noexcept;
  WSX_API frame_parser& operator=(frame_parser&&) noexcept;

  /// Sets the next input. All of the one before has been used up (`next` said `need_input`). It
  /// must live until `next` says so again.
  WSX_API void feed(bytes_view input) noexcept;

  /// Takes the next piece from the input. A piece ends with its frame or with the input. After an
  /// error the parser says nothing else any more.
  WSX_API parse_status next(frame_piece& piece) noexcept;

  /// What `next` found wrong: `errc::reserved_bits`, `errc::reserved_opcode`,
  /// `errc::masked_frame`, `errc::fragmented_control`, `errc::control_too_long`,
  /// `errc::invalid_length`.
  WSX_API std::error_code error() const noexcept;

  /// The input not yet taken.
  WSX_API bytes_view rest() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace wsx::protocol
