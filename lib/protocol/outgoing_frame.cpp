#include <wsx/protocol/outgoing_frame.hpp>

namespace wsx::protocol {

outgoing_frame::outgoing_frame(const ping& control) noexcept
    : head{.op = opcode::ping, .length = control.payload.size()}, payload(control.payload) {}

outgoing_frame::outgoing_frame(const pong& control) noexcept
    : head{.op = opcode::pong, .length = control.payload.size()}, payload(control.payload) {}

outgoing_frame::outgoing_frame(const message& whole) noexcept
    : head{.op = whole.kind(), .rsv1 = true, .length = whole.bytes().size()},
      payload(whole.bytes()),
      kind(whole.kind()) {}

outgoing_frame::outgoing_frame(const fragment& piece) noexcept
    : head{.op = piece.first ? piece.op : opcode::continuation,
           .fin = piece.last,
           .rsv1 = piece.first,
           .length = piece.payload.size()},
      payload(piece.payload),
      first(piece.first),
      kind(piece.op) {}

}  // namespace wsx::protocol
