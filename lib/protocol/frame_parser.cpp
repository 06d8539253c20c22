#include <wsx/protocol/frame_parser.hpp>

#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace wsx::protocol {

namespace {

constexpr std::size_t key_size = 4;

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

// The bytes that wslay asks for come from here. It copies what it is given, so it is given the
// header's bytes only; of a payload it is told how many bytes came, which is all that it needs to
// keep count of an unmasked frame.
struct frame_parser::state {
  wslay_frame_context_ptr context = nullptr;
  const bool rsv1_defined;
  bytes_view input{};
  std::array<std::byte, 14> header{};
  std::size_t header_have = 0;
  std::size_t header_need = 2;
  std::uint64_t payload_left = 0;
  bool begun = false;  // a piece of the current frame has been given out
  std::error_code error{};

  explicit state(bool rsv1);
  ~state() { wslay_frame_context_free(context); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  std::size_t read_header(std::uint8_t* target, std::size_t room) noexcept;
  std::size_t claim_payload(std::size_t room) noexcept;
  std::error_code check_head() const noexcept;
  std::uint64_t declared_length() const noexcept;
  errc refusal() const noexcept;
  void start_frame() noexcept;
};

frame_parser::state::state(bool rsv1) : rsv1_defined(rsv1) {
  wslay_frame_callbacks callbacks{};
  callbacks.recv_callback = [](std::uint8_t* target, std::size_t room, int, void* user) -> ssize_t {
    auto& self = *static_cast<state*>(user);
    const std::size_t got = self.header_have < self.header_need ? self.read_header(target, room)
                                                                : self.claim_payload(room);
    return got == 0 ? -1 : static_cast<ssize_t>(got);
  };
  if (wslay_frame_context_init(&context, &callbacks, this) != 0) throw std::bad_alloc();
}

// Gives wslay the header as far as it is known how long it is: first 2 bytes, then the rest.
std::size_t frame_parser::state::read_header(std::uint8_t* target, std::size_t room) noexcept {
  const std::size_t count = std::min({header_need - header_have, input.size(), room});
  if (count == 0) return 0;
  std::memcpy(header.data() + header_have, input.data(), count);
  std::memcpy(target, input.data(), count);
  input = input.subspan(count);
  header_have += count;
  if (header_have == 2) header_need = header_size_by(header[1]);
  if (header_have == header_need) payload_left = declared_length();
  return count;
}

std::size_t frame_parser::state::claim_payload(std::size_t room) noexcept {
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(payload_left, std::min(input.size(), room)));
  input = input.subspan(count);
  payload_left -= count;
  return count;
}

// What wslay leaves to its user. Judged as soon as the first two bytes are there.
std::error_code frame_parser::state::check_head() const noexcept {
  if (header_have < 1) return {};
  const auto op = static_cast<opcode>(to_number(header[0]) & 0x0f);
  // RFC 6455 5.2: RSV1 to RSV3 must be 0 unless an extension gave them a meaning.
  // RFC 7692 6.1: which it does for the first frame of a message only.
  const bool begins = op == opcode::text || op == opcode::binary;
  const int reserved = rsv1_defined && begins ? 0x30 : 0x70;
  if ((to_number(header[0]) & reserved) != 0) return errc::reserved_bits;
  if (!is_defined(op)) return errc::reserved_opcode;
  if (header_have < 2) return {};
  // RFC 6455 5.1: a client must close the connection if it detects a masked frame.
  if ((to_number(header[1]) & 0x80) != 0) return errc::masked_frame;
  return {};
}

std::uint64_t frame_parser::state::declared_length() const noexcept {
  const auto brief = static_cast<std::uint64_t>(to_number(header[1]) & 0x7f);
  const std::size_t extended = brief == 126 ? 2 : brief == 127 ? 8 : 0;
  if (extended == 0) return brief;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < extended; ++i) length = length << 8 | to_number(header[2 + i]);
  return length;
}

// Wslay says only that it refuses a frame; its header says why.
errc frame_parser::state::refusal() const noexcept {
  const bool control = is_control(static_cast<opcode>(to_number(header[0]) & 0x0f));
  if (control && (to_number(header[0]) & 0x80) == 0) return errc::fragmented_control;
  if (control) return errc::control_too_long;
  return errc::invalid_length;
}

void frame_parser::state::start_frame() noexcept {
  header_have = 0;
  header_need = 2;
  begun = false;
}

frame_parser::frame_parser(bool rsv1_defined) : state_(std::make_unique<state>(rsv1_defined)) {}
frame_parser::~frame_parser() = default;
frame_parser::frame_parser(frame_parser&&) noexcept = default;
frame_parser& frame_parser::operator=(frame_parser&&) noexcept = default;

void frame_parser::feed(bytes_view input) noexcept {
  state_->input = input;
}

parse_status frame_parser::next(frame_piece& piece) noexcept {
  state& s = *state_;
  if (s.error) return parse_status::error;

  wslay_frame_iocb got{};
  const ssize_t result = wslay_frame_recv(s.context, &got);
  s.error = s.check_head();
  if (!s.error && result == WSLAY_ERR_PROTO) s.error = s.refusal();
  if (s.error) return parse_status::error;
  if (result < 0) return parse_status::need_input;

  // Wslay counts at most its own buffer's size at once; the rest of what is here follows suit.
  const std::byte* const begin = s.input.data() - got.data_length;
  auto size = got.data_length;
  while (s.payload_left > 0 && !s.input.empty()) {
    if (wslay_frame_recv(s.context, &got) < 0) break;
    size += got.data_length;
  }

  piece.op = static_cast<opcode>(got.opcode);
  piece.fin = got.fin != 0;
  piece.rsv1 = wslay_get_rsv1(got.rsv) != 0;
  piece.frame_length = got.payload_length;
  piece.payload = {begin, size};
  piece.first = !s.begun;
  piece.last = s.payload_left == 0;
  s.begun = true;
  if (piece.last) s.start_frame();
  return parse_status::piece;
}

std::error_code frame_parser::error() const noexcept {
  return state_->error;
}

bytes_view frame_parser::rest() const noexcept {
  return state_->input;
}

}  // namespace wsx::protocol
