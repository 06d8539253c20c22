#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/opcode.hpp>

#include <chrono>
#include <cstdint>
#include <utility>

namespace wsx::protocol {

/// Whether messages come whole or in pieces.
enum class delivery : std::uint8_t { messages, fragments };

/// Which events the user of a connection accepts.
struct reception {
  delivery how = delivery::messages;
  bool text = true;    ///< if false, a text message is refused with 1003
  bool binary = true;  ///< if false, a binary message is refused with 1003
  bool pings = false;  ///< if false, pings are answered and not passed on
  bool pongs = false;  ///< if false, the user does nothing with pongs

  /// Whether `incoming::next` returns `need_input` once the current message has ended, even if
  /// there is more input. See `incoming::pause_after_message`.
  bool pauses = false;
};

/// The events of `incoming::next`.
enum class event : std::uint8_t {
  need_input,  ///< nothing more in this input: no `payload` either
  text,        ///< a whole message in `payload`
  binary,      ///< a whole message in `payload`
  fragment,    ///< a piece of a message: `payload`, `message_kind`, `first`, `last`
  ping,        ///< `payload`
  pong,        ///< `payload`
};

class incoming;

/// Is told of what arrives, and when closing begins. It must not call the connection, but to fail
/// it.
class connection_observer {
 public:
  /// An event is about to be returned, after `incoming::tell_each`. Returns whether it may be.
  virtual bool arrived(event kind, const incoming& input) = 0;

  /// What has no event: a Close frame, or a ping that was answered automatically.
  virtual void took(opcode op, bytes_view payload) = 0;

  /// A keepalive ping was answered.
  virtual void answered(std::chrono::nanoseconds round_trip) = 0;

  /// The closing handshake has begun.
  virtual void closing() = 0;

 protected:
  ~connection_observer() = default;
};

/// The receiving side of a `connection`, as its user sees it.
class incoming {
 public:
  incoming(const incoming&) = delete;
  incoming& operator=(const incoming&) = delete;

  /// Returns the next event. The accessors below are valid until the next call.
  ///
  /// It handles Close frames, violations, and pings that are answered automatically. Once closing
  /// has begun there are no more events. RFC 6455 1.4.
  WSX_API event next();

  /// Returns whether part of a message has arrived, and it matters what follows. If so, `next`
  /// returns `need_input` after the end of that message.
  WSX_API bool pause_after_message() noexcept;

  /// From now on these events are returned. How messages come may change only between two of them.
  WSX_API void accept(const reception& wanted) noexcept;

  /// Nothing was received for a while, since the user wanted nothing: what the peer has to do in
  /// time begins at `now`. The deadline of a closing handshake goes on.
  WSX_API void restart_liveness(std::chrono::steady_clock::time_point now) noexcept;

  /// Tells `o` from now on. It must live as long as the connection.
  void observe(connection_observer& o) noexcept { observer_ = &o; }

  /// Also tells it of each event of this input. To be called before `next`, and after each `pace`.
  void tell_each() noexcept { held_back_ = std::exchange(allowance_, 0); }

  bytes_view payload() const noexcept { return payload_; }
  opcode message_kind() const noexcept { return kind_; }
  bool first() const noexcept { return first_; }
  bool last() const noexcept { return last_; }

 protected:
  WSX_API event next_told();
  void stop_events() noexcept { allowance_ = held_back_ = 0; }

  incoming() = default;
  ~incoming() = default;

  bytes_view payload_{};
  connection_observer* observer_ = nullptr;
  std::uint32_t allowance_ = 0;  // events that may be returned at once
  std::uint32_t held_back_ = 0;  // those that have to be told first
  opcode kind_ = opcode::binary;
  bool first_ = false;
  bool last_ = false;
};

}  // namespace wsx::protocol
