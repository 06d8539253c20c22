#pragma once

#include "client_parts.hpp"
#include "dialed.hpp"
#include "strand_listener.hpp"
#include "turn_budget.hpp"

#include <wsx/action.hpp>
#include <wsx/detail/any_stream.hpp>
#include <wsx/detail/callback_context.hpp>
#include <wsx/detail/mail.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/memory/lazy.hpp>
#include <wsx/protocol/connection.hpp>
#include <wsx/transport/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <system_error>

namespace wsx::detail {

// One open transport and its connection. It works in turns, without blocking: it delivers mail,
// reads and delivers input, and writes. Then it starts the waits that the connection wants and that
// are missing.
class link final : private protocol::connection_observer {
 public:
  using time_point = deadline::time_point;

  // What to do after a turn.
  enum class step : std::uint8_t {
    again,        // there is more to do
    yield,        // there is, but others come first
    rest,         // nothing, until something happens
    end,          // the connection is over, or the client must end
    await_mail,   // a coroutine takes the oldest mail; then `read_turn`
    await_input,  // a coroutine takes the input; then `after_turn`
  };

  // Takes the stream of `opened`, and the input that arrived early.
  link(dialed& opened, client_parts& parts, callback_context& client, time_point now);

  protocol::connection& connection() noexcept { return connection_; }

  // Returns whether the handler may be called for input.
  bool delivers() const noexcept { return connection_.open() && !client_.stopped(); }

  // Takes a turn; `who` is notified when there is reason for another.
  step turn(const std::shared_ptr<strand_listener>& who);
  step read_turn(const std::shared_ptr<strand_listener>& who);
  step after_turn(const std::shared_ptr<strand_listener>& who);

  // Removes the next message: while closing, the next of those that arrive in any phase.
  std::unique_ptr<mail> pop_mail() noexcept;

  // The next turn will deliver what arrived with the handshake's response.
  void take_early();

  // The present turn ends after the present batch of input.
  void end_turn() noexcept { budget_.spend(); }

  // Writes what there is, if the transport takes anything. Never throws, since its caller could not
  // report that.
  void pump(const std::shared_ptr<strand_listener>& who) noexcept;

  // Frames have been written, or dropped.
  void after_write();

  // Requests of a callback.
  void apply(const action& wanted);
  errc send(const protocol::outgoing_frame& frame);
  // A callback threw `what`: the Close says so, if there is memory for it.
  void callback_failed(std::exception_ptr what) noexcept;

  // A wait for readiness has ended, or the connection's time has come.
  void on_ready(io_direction direction);
  void on_time();

  std::optional<tls_info> tls() const { return stream_->tls(); }

  // Updates the counters.
  void count() noexcept;

  // Ends the transport at once; a wait for readiness completes with an error.
  void close() noexcept { stream_->close(); }
  // The connection is over: ends the transport, in order if possible.
  void shut_down() noexcept;

 private:
  // Why a write turn ended.
  enum class write_end : std::uint8_t {
    idle,     // there is nothing more to write: producers notify
    blocked,  // the transport takes no more for now
    budget,   // others get their turn
    failed,   // the transport takes nothing more at all
  };
  using listener = const std::shared_ptr<strand_listener>&;

  const mail* next_mail() noexcept;
  bool deliver_plain_mail();
  bool may_read() const noexcept;
  void read_shared(time_point now);
  bool read_own(time_point now);
  void give_out();
  bool turn_over();
  bool take(std::span<const std::byte> room, const io_result& got, time_point now);

  void write(listener who, time_point now);
  write_end write_some(listener who, time_point now);
  bool write_batch(bytes_view bytes, time_point now);
  bool idle(listener who);

  void compare(listener who, time_point now);
  void wait(io_direction direction, listener who);
  bool waits(io_direction direction) const noexcept { return (waits_ & bit(direction)) != 0; }
  static constexpr std::uint8_t bit(io_direction direction) noexcept {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(direction));
  }
  void take_steps(const action& wanted);

  bool arrived(protocol::event kind, const protocol::incoming& input) override;
  void took(opcode op, bytes_view payload) override;
  void answered(std::chrono::nanoseconds round_trip) override;
  void closing() override;

  client_parts& parts_;
  callback_context& client_;
  std::unique_ptr<any_stream> stream_;
  // Early input; later the buffer to read into, if callbacks are coroutines, or input that was
  // left.
  memory::lazy<memory::byte_buffer> own_{};
  protocol::connection connection_;
  [[no_unique_address]] turn_budget budget_;  // its padding holds what follows
  std::uint8_t waits_ = 0;                    // a bit per io_direction
  bool read_all_ = false;                     // the socket is empty: wait for more
  bool read_in_place_ = false;                // the last input was the rest of a large message
  bool left_reading_ = false;                 // replies wait, and must go first
};

}  // namespace wsx::detail
