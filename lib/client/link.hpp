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

// One open transport and the connection over it. It works by the turn, without blocking: mail is
// delivered, what came is read and delivered, what there is to send is written. Then what the
// connection wants is compared with what is armed.
class link {
 public:
  using time_point = deadline::time_point;

  // What to do after a turn.
  enum class step : std::uint8_t {
    again,        // there is more to do
    yield,        // there is, but others come first
    rest,         // nothing, until something comes
    end,          // the connection is over, or the client is to end
    await_mail,   // a coroutine takes the oldest mail; then `read_turn`
    await_input,  // a coroutine takes what came; then `after_turn`
  };

  // Takes the stream of `opened`, and what came early.
  link(dialed& opened, client_parts& parts, callback_context& client, time_point now);

  protocol::connection& connection() noexcept { return connection_; }

  // Whether the handler is to be called for what comes.
  bool delivers() const noexcept { return connection_.open() && !client_.stopped(); }

  // A turn; `who` is told when there is reason for another.
  step turn(const std::shared_ptr<strand_listener>& who);
  step read_turn(const std::shared_ptr<strand_listener>& who);
  step after_turn(const std::shared_ptr<strand_listener>& who);

  // The mail that is next: while closing, of that which arrives in any phase.
  std::unique_ptr<mail> pop_mail() noexcept;

  // What came with the handshake's response is to be given out by the next turn.
  void take_early();

  // Writes what there is, if the transport takes anything. Never throws: its caller has nobody to
  // tell.
  void pump(const std::shared_ptr<strand_listener>& who) noexcept;

  // Frames have been written, or dropped.
  void after_write();

  // A callback's wishes.
  void apply(const action& wanted);
  errc send(const protocol::outgoing_frame& frame);
  // One threw `what`: Close tells the server, if there is memory for it.
  void callback_failed(std::exception_ptr what) noexcept;

  // A wait for readiness has ended, or the time of the connection has come.
  void on_ready(io_direction direction);
  void on_time();

  // The counters are to be up to date.
  void count() noexcept;

  // Ends the transport at once; a wait for readiness ends with an error.
  void close() noexcept { stream_->close(); }
  // The connection is over: ends the transport, in order if that can be.
  void shut_down() noexcept;

 private:
  // What ended a write turn.
  enum class write_end : std::uint8_t {
    idle,     // there is nothing more to write: producers notify
    blocked,  // the transport takes no more for now
    budget,   // others have their turn
    failed,   // it takes nothing more at all
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
  bool waits(io_direction direction) const noexcept {
    return waits_[static_cast<std::size_t>(direction)];
  }
  void take_steps(const action& wanted);

  client_parts& parts_;
  callback_context& client_;
  std::unique_ptr<any_stream> stream_;
  // What came early; then to read into, if callbacks are coroutines; or what there was no time for.
  memory::lazy<memory::byte_buffer> own_{};
  protocol::connection connection_;
  [[no_unique_address]] turn_budget budget_;  // its padding holds what follows
  bool waits_[2] = {false, false};            // by io_direction
  bool read_all_ = false;                     // more must be waited for
  bool read_in_place_ = false;                // what came last: the rest of a large message
  bool left_reading_ = false;                 // replies wait, and must go first
};

}  // namespace wsx::detail
