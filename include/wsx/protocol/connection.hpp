#pragma once

#include <wsx/bytes.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/close_state.hpp>
#include <wsx/protocol/deflate_offer.hpp>
#include <wsx/protocol/incoming.hpp>
#include <wsx/protocol/liveness.hpp>
#include <wsx/protocol/message_assembler.hpp>
#include <wsx/protocol/outbox.hpp>
#include <wsx/protocol/outgoing.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsx::protocol {

/// One WebSocket connection after its opening handshake: RFC 6455 5 to 7, without I/O.
///
/// Input is bytes, times and requests; output is events, bytes and the time of the next call.
/// Everything that an RFC decides is decided here: the order of frames, pings and their pongs,
/// violations, the closing handshake. The caller passes the time.
///
///     connection c(o, {}, std::nullopt, out, now);
///     c.receive(bytes, now);
///     for (auto e = c.next(); e != event::need_input; e = c.next()) use(e, c.payload());
///     while (!c.data_to_send(now).empty()) c.sent(write(c.data_to_send(now)), now);
///     if (const auto when = c.next_timeout(now)) call_at(*when);  // to call c.handle_timeout
///
/// The frames of producers outlive a connection, so the `outbox` that keeps them is not part of it.
/// Options and outbox must live as long as the connection. One thread at a time.
class connection : public incoming {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A connection that was opened at `now`. `out` has been reset.
  WSX_API connection(const options& o, const reception& wanted,
                     const std::optional<deflate_agreement>& deflate, outbox& out, time_point now);
  WSX_API ~connection();

  // Receiving.

  /// Returns the best place to read the next input into. Empty if any other place is as good. Valid
  /// until that input is received.
  WSX_API std::span<std::byte> next_read_buffer();

  /// Sets the next input. Call `incoming::next` until it returns `need_input`, and don't change
  /// `input` until then. An empty `input` means that nothing has arrived by `now`: a peer whose
  /// deadline has passed is then given up.
  WSX_API void receive(bytes_view input, time_point now);

  /// Limits the events per input: `incoming::next` returns `need_input` after this many, even if
  /// there is more, so that others get their turn. It does so earlier if much was inflated, or if
  /// so much is unsent that nothing more can be answered. Without `pace` it never stops early.
  void pace(std::uint32_t events) noexcept {
    pace_ = events;
    held_back_ = 0;
    allowance_ = has_input() && !congested() ? events : 0;
  }

  /// Returns whether there is input that `incoming::next` has not returned.
  bool has_input() const noexcept { return has_input_ && open() && !over(); }

  /// For a caller that has to reuse the input's memory: copies the rest of the input to `place`,
  /// and continues there.
  WSX_API void keep_rest(memory::byte_buffer& place);

  /// For a caller that is about to reuse the input's memory, once closing has begun: looks for a
  /// Close in the rest of the input and discards it.
  WSX_API void discard_rest();

  /// The transport has ended: in order (`at_eof`), or with `error`. `detail` says more about the
  /// error; it may be empty. Only the first call counts.
  WSX_API void receive_end(std::error_code error, bool at_eof, std::string_view detail = {});

  /// Sets the `reason` of a connection that was abandoned. To be called before `reason` is read.
  WSX_API void conclude();

  // Sending.

  /// Stages a frame after those sent before. RFC 6455 6.1. Errors, with nothing sent:
  /// `errc::closing`, those of `send_validator::check`, `errc::queue_full`.
  WSX_API errc send(const outgoing_frame& frame);

  /// Begins the closing handshake after everything queued. RFC 6455 7.1.2. Errors, with nothing
  /// sent: `errc::closing`, and those of `check_close`.
  WSX_API std::error_code close(close_payload how);

  /// Fails the connection, after frames sent with `send`: sends Close with the code for `error`.
  /// RFC 6455 7.1.7. Does nothing once closing has begun.
  WSX_API void fail(std::error_code error, std::exception_ptr exception = {},
                    std::string detail = {});

  /// Returns whether writing is worth an attempt: no write has failed.
  bool may_write() const noexcept { return !over() && !write_error_; }

  /// Returns the bytes to write next. Empty if there are none, or if the outbox is `compressing`:
  /// then call it again.
  WSX_API bytes_view data_to_send(time_point now);

  /// Counts `count` of these bytes as written. The transport must be given the next `committed`
  /// bytes unchanged.
  WSX_API void sent(std::size_t count, time_point now, std::size_t committed = 0);

  /// The transport takes bytes again after it was full.
  void writable(time_point now) noexcept { liveness_.writable(now); }

  /// Nothing can be written any more. The peer may have said why, so its data can be read for
  /// `close_timeout`.
  void write_failed(std::error_code error) noexcept {
    if (write_error_) return;
    write_error_ = error;
    if (open()) due_ = never;
  }

  /// Nothing can be written, and there is no time to read: the connection is over.
  void abandon(std::error_code error) noexcept {
    write_failed(error);
    close_.abandon();
    stop_events();
    lost_ = true;
  }

  /// Returns whether the peer has been sent a pong or Close since the last call.
  bool take_answered() noexcept { return std::exchange(answered_, false); }

  // Time.

  /// Returns when to call `handle_timeout`, if nothing else happens before.
  WSX_API std::optional<time_point> next_timeout(time_point now);

  /// Handles deadlines that have passed. `unacknowledged`: the written bytes that the peer's system
  /// has not confirmed, if that is known.
  WSX_API void handle_timeout(time_point now,
                              std::optional<std::size_t> unacknowledged = std::nullopt);

  // State.

  /// Returns whether messages go both ways: no Close has been sent, received or requested.
  bool open() const noexcept { return close_.open(); }

  /// Returns whether the closing handshake is in progress, or was when the transport ended.
  bool closing() const noexcept { return closing_; }

  /// Returns whether the connection has ended, and the transport is of no use any more.
  bool over() const noexcept { return over_ || lost_; }

  /// Returns whether reading is worth an attempt. It is not while the peer takes none of the
  /// waiting replies, unless to check whether the peer is alive.
  bool wants_read() const noexcept { return !over() && (timed_out() || !congested()); }

  /// Returns whether so many replies wait that some must be written before anything is read.
  bool congested() const noexcept {
    return open() && !write_error_ && outbox_.unsent_bytes() >= options_.max_reply_bytes;
  }

  /// Returns whether the deadline of the peer, or of closing, has passed.
  bool timed_out() const noexcept { return expired_ != expiry::none; }

  /// Returns whether the transport can't be ended in order.
  bool broken() const noexcept { return timed_out() || write_error_; }

  /// Returns why the connection has ended, or is about to.
  const close_reason& reason() const noexcept { return close_.reason(); }

  /// Returns the number of messages returned since the last call.
  std::uint64_t take_messages_received() noexcept { return std::exchange(messages_received_, 0); }

 private:
  static constexpr time_point never = time_point::max();
  static constexpr std::uint32_t unlimited = ~std::uint32_t{0};

  friend class incoming;

  event next_event();
  event no_event();
  // Whether the peer's deadline has passed. It gets one more look at what it sent.
  enum class expiry : std::uint8_t {
    none,
    silence,     // no byte has arrived
    no_data,     // no message has arrived
    no_data_yet  // and the present input is the last look
  };

  event take(receive_event came);
  event input_ends();
  void received_close();
  message_assembler& assembler();
  void discard();
  void begin_closing(const std::optional<close_payload>& close, close_order order);
  void give_up();
  void release_memory() noexcept;
  bool ends() const noexcept { return !open() || write_error_; }

  const options& options_;
  outbox& outbox_;
  reception reception_;
  bool over_ = false;
  bool lost_ = false;  // over, but `reason` is not set before `conclude`
  bool inflate_takeover_ = false;
  std::uint8_t inflate_window_bits_ = 0;
  expiry expired_ = expiry::none;
  bool closing_ = false;
  bool answered_ = false;
  bool has_input_ = false;
  bool used_ = false;        // there may be memory to release
  bool discarding_ = false;  // input is not even parsed any more
  send_validator validator_{};
  std::uint32_t committed_ = 0;
  // While part of a message is held, or a compressed one may refer to earlier ones.
  std::unique_ptr<message_assembler> assembler_{};
  close_state close_{};
  liveness liveness_;
  std::error_code write_error_{};
  std::uint32_t pace_ = unlimited;
  // When memory is released; or else the deadline of closing, or of reading what the peer said
  // before it disconnected.
  time_point due_ = never;
  time_point now_;  // the time of the last `receive`
  std::uint64_t messages_received_ = 0;
};

}  // namespace wsx::protocol
