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

/// One WebSocket connection behind its opening handshake: RFC 6455 5 to 7, without any I/O.
///
/// Bytes, times and wishes go in; events, bytes and a time to be called again come out. Whatever an
/// RFC decides is decided here: the order of frames, pings and their pongs, violations, the closing
/// handshake. Time is what the caller says.
///
///     connection c(o, {}, std::nullopt, out, now);
///     c.receive(bytes, now);
///     for (auto e = c.next(); e != event::need_input; e = c.next()) use(e, c.payload());
///     while (!c.data_to_send(now).empty()) c.sent(write(c.data_to_send(now)), now);
///     if (const auto when = c.next_timeout(now)) call_at(*when);  // to call c.handle_timeout
///
/// The frames of producers outlive a connection, so `outbox`, which keeps them, is not part of it.
/// Options and outbox must live as long as the connection. One thread at a time.
class connection : public incoming {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A connection that has been opened at `now`. `out` has been reset.
  WSX_API connection(const options& o, const reception& wanted,
                     const std::optional<deflate_agreement>& deflate, outbox& out, time_point now);
  WSX_API ~connection();

  // Receiving.

  /// Where the next input is best read to. Empty if any other place is as good. Valid until that
  /// input is received.
  WSX_API std::span<std::byte> next_read_buffer();

  /// Takes what has been read. Call `incoming::next` until it says `need_input`, and keep `input`
  /// as it is until then. An empty `input` says that nothing has come by `now`: a peer whose time
  /// has run out is given up then.
  WSX_API void receive(bytes_view input, time_point now);

  /// From now on `incoming::next` says `need_input` after so many events, even if there is more in
  /// this input, so that others can have their turn; or earlier, if much had to be inflated, or if
  /// so much is unsent that nothing more is to be answered. Without `pace` it never stops early.
  void pace(std::uint32_t events) noexcept {
    pace_ = events;
    allowance_ = has_input() && !congested() ? events : 0;
  }

  /// Whether there is input that `incoming::next` has not given out.
  bool has_input() const noexcept { return has_input_ && open() && !over(); }

  /// For a caller that has to give the input back: copies what is left of it to `place`, and goes
  /// on there.
  WSX_API void keep_rest(memory::byte_buffer& place);

  /// Once closing has begun, what is left is of no use but for a Close in it: looks for that.
  /// Before the place where it lies is used for anything else.
  WSX_API void discard_rest();

  /// The transport has ended: by the peer's orderly end (`at_eof`), or by `error`. `detail`, which
  /// may be empty, is what more is known. Only the first call counts.
  WSX_API void receive_end(std::error_code error, bool at_eof, std::string_view detail = {});

  /// Before `reason` is read of a connection that is over: it has a reason even if it was
  /// abandoned.
  WSX_API void conclude();

  // Sending.

  /// Puts a frame behind those sent before. RFC 6455 6.1. Errors, with nothing sent:
  /// `errc::closing`, those of `send_validator::check`, `errc::queue_full`.
  WSX_API errc send(const outgoing_frame& frame);

  /// Begins the closing handshake behind all that is queued. RFC 6455 7.1.2. Errors, with nothing
  /// sent: `errc::closing`, and those of `check_close`.
  WSX_API std::error_code close(close_payload how);

  /// Fails the connection, behind what has been sent with `send`: says Close with the code that
  /// `error` stands for. RFC 6455 7.1.7. Does nothing once closing has begun.
  WSX_API void fail(std::error_code error, std::exception_ptr exception = {},
                    std::string detail = {});

  /// Whether writing is worth a try: nothing has kept the transport from it for good.
  bool may_write() const noexcept { return !over() && !write_error_; }

  /// The bytes to write next; empty if there are none, or if the outbox is `compressing`: then ask
  /// again.
  WSX_API bytes_view data_to_send(time_point now);

  /// Counts `count` bytes of them as written. The transport has to be given the next `committed`
  /// ones as they are.
  WSX_API void sent(std::size_t count, time_point now, std::size_t committed = 0);

  /// The transport takes bytes again, after it took no more.
  void writable(time_point now) noexcept { liveness_.writable(now); }

  /// Nothing can be written any more. The peer may have said why: what it sent can be read for
  /// `close_timeout`.
  void write_failed(std::error_code error) noexcept {
    if (write_error_) return;
    write_error_ = error;
    if (open()) due_ = never;
  }

  /// The same where there is not even the time to read: the connection is over.
  void abandon(std::error_code error) noexcept {
    write_failed(error);
    close_.abandon();
    allowance_ = 0;  // nothing more is given out
    lost_ = true;
  }

  /// Whether the peer has been answered, by a pong or Close, since this was asked last.
  bool take_answered() noexcept { return std::exchange(answered_, false); }

  // Time.

  /// When `handle_timeout` is to be called, if nothing else happens before.
  WSX_API std::optional<time_point> next_timeout(time_point now);

  /// Does what is due. `unacknowledged`: the bytes written that the peer's system has not
  /// confirmed, if that is known.
  WSX_API void handle_timeout(time_point now,
                              std::optional<std::size_t> unacknowledged = std::nullopt);

  // State.

  /// Whether messages go both ways: no Close has been sent, received or asked for.
  bool open() const noexcept { return close_.open(); }

  /// Whether the closing handshake is under way, or was when the transport ended.
  bool closing() const noexcept { return closing_; }

  /// Whether the connection has come to its end, and the transport is of no use any more.
  bool over() const noexcept { return over_ || lost_; }

  /// Whether reading is worth a try. Not while the peer takes none of the replies that wait, unless
  /// to see if it still lives.
  bool wants_read() const noexcept { return !over() && (expired_ || !congested()); }

  /// Whether so many replies wait that nothing is to be read before some have gone.
  bool congested() const noexcept {
    return open() && !write_error_ && outbox_.unsent_bytes() >= options_.max_reply_bytes;
  }

  /// Whether the time of the peer, or of closing, has run out.
  bool timed_out() const noexcept { return expired_; }

  /// Whether the transport is not worth an orderly end.
  bool broken() const noexcept { return expired_ || write_error_; }

  /// Why the connection has ended, or is about to.
  const close_reason& reason() const noexcept { return close_.reason(); }

  /// Messages given out since this was asked last.
  std::uint64_t take_messages_received() noexcept { return std::exchange(messages_received_, 0); }

  /// How long the last ping that was answered had been under way.
  std::optional<std::chrono::nanoseconds> latency() const noexcept {
    return latency_ < latency_.zero() ? std::nullopt : std::optional(latency_);
  }

 private:
  static constexpr time_point never = time_point::max();
  static constexpr std::uint32_t unlimited = ~std::uint32_t{0};

  friend class incoming;

  event next_event();
  event no_event();
  event take(receive_event came);
  event use_up();
  message_assembler& assembler();
  void discard();
  void received_close();
  void begin_closing(const std::optional<close_payload>& close, close_order order);
  void give_up();
  void release_memory() noexcept;
  bool ends() const noexcept { return !open() || write_error_; }
  // There is input of the peer, but it waits until the peer takes some of the replies.
  bool held_back() const noexcept { return has_input_ && congested(); }

  const options& options_;
  outbox& outbox_;
  const reception reception_;
  bool over_ = false;
  bool lost_ = false;  // over, but `reason` does not say why before `conclude`
  bool inflate_takeover_ = false;
  std::uint8_t inflate_window_bits_ = 0;
  bool expired_ = false;  // the peer's time has run out: one more look at what it sent
  bool closing_ = false;
  bool answered_ = false;
  bool has_input_ = false;
  bool used_ = false;        // there may be memory to give back
  bool discarding_ = false;  // what comes is not even parsed any more
  send_validator validator_{};
  std::uint32_t committed_ = 0;
  // While part of a message is here, or a compressed one may refer to those before it.
  std::unique_ptr<message_assembler> assembler_{};
  close_state close_{};
  liveness liveness_;
  std::error_code write_error_{};
  std::uint32_t pace_ = unlimited;
  std::uint32_t allowance_ = 0;
  // When memory is given back; or else the deadline of closing, or of reading what the peer said
  // before it went.
  time_point due_ = never;
  time_point now_;  // of the last `receive`
  std::uint64_t messages_received_ = 0;
  std::chrono::nanoseconds latency_{-1};  // none yet
};

}  // namespace wsx::protocol
