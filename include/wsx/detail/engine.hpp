#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/detail/any_handler.hpp>
#include <wsx/detail/any_stream.hpp>
#include <wsx/detail/async_event.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/detail/context_hook.hpp>
#include <wsx/detail/cross_thread_notifier.hpp>
#include <wsx/detail/mailbox.hpp>
#include <wsx/detail/send_channel.hpp>
#include <wsx/detail/shared_options.hpp>
#include <wsx/detail/waiting_list.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/byte_buffer.hpp>
#include <wsx/protocol/close_state.hpp>
#include <wsx/protocol/handshake.hpp>
#include <wsx/protocol/keepalive.hpp>
#include <wsx/protocol/lazy.hpp>
#include <wsx/protocol/message_assembler.hpp>
#include <wsx/protocol/outbox.hpp>
#include <wsx/protocol/outgoing.hpp>
#include <wsx/request.hpp>
#include <wsx/session.hpp>
#include <wsx/stats.hpp>
#include <wsx/system_error.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

namespace wsx::detail {

class cancelable;
struct signal_watch;
struct timer_state;

// A client without its types: the state machine that connects, reads, writes, closes and
// reconnects. One coroutine, `run`, does all of it but the writing, which `pump` does whenever
// there is something to write, and what an open connection brings for callbacks that are no
// coroutines: `work` does that, so that an idle client needs no coroutine. Everything happens on
// one strand, but for what is marked as callable from any thread.
class engine final : public std::enable_shared_from_this<engine>,
                     public readiness_listener,
                     public notification_listener,
                     public context_hook {
 public:
  using clock = std::chrono::steady_clock;

  // What a caller may know of the client from any thread.
  enum class phase : std::uint8_t { idle, connecting, open, closing, pausing, ended };

  WSX_API engine(asio::any_io_executor executor, wsx::options options, stream_factory make,
                 std::unique_ptr<any_handler> port);
  WSX_API ~engine() override;

  // From any thread.
  ticket next_ticket() noexcept { return tickets_.fetch_add(1, std::memory_order_relaxed) + 1; }
  // `details`, if any, gets what is known about a failure, before `done` is called.
  WSX_API void connect(ticket t, request target, wsx::diagnostics* details,
                       completion<std::error_code> done);
  WSX_API void close(ticket t, protocol::close_payload how, completion<std::error_code> done);
  WSX_API void join(ticket t, completion<std::error_code, close_reason> done);
  WSX_API void flush(ticket t, completion<std::error_code> done);
  WSX_API void cancel(ticket t);  // the operation with that ticket
  WSX_API void abort();
  // The owner is gone: abort, and call the handler no more; or only that nobody looks at it.
  WSX_API void kill() noexcept;
  WSX_API void disown() noexcept;
  WSX_API std::error_code post(std::unique_ptr<mail> message);
  WSX_API void notify(std::unique_ptr<mail> message);  // the same, even if the mailbox is full
  WSX_API std::shared_ptr<send_channel> make_channel();
  WSX_API void retire(std::shared_ptr<send_channel> channel) noexcept;
  WSX_API errc try_send(send_channel& channel, const protocol::outgoing_frame& frame);
  // `copy` is what the payload lies in; empty if it stays where it is until `done` is called.
  WSX_API void send(ticket t, std::shared_ptr<send_channel> channel,
                    const protocol::outgoing_frame& frame, completion<std::error_code> done,
                    std::vector<std::byte> copy = {});
  WSX_API void start_timer(std::shared_ptr<timer_state> timer);
  WSX_API void cancel_timer(std::shared_ptr<timer_state> timer);
  WSX_API void start_watch(std::shared_ptr<signal_watch> watch);
  WSX_API wsx::stats stats() const noexcept;
  phase now() const noexcept { return phase_of(state_.load(std::memory_order_acquire)); }
  asio::any_io_executor executor() const { return strand_; }
  const strand& serial() const noexcept override { return strand_; }
  errc not_open() const noexcept { return not_open(state_.load(std::memory_order_acquire)); }

  // On the strand: what callbacks, and whoever calls them, use.
  session& for_handler() noexcept { return session_; }
  const connection_info& connection() const noexcept { return info_; }
  bool receiving() const noexcept { return close_.open() && !stopped(); }
  WSX_API errc stage(const protocol::outgoing_frame& frame);
  WSX_API std::error_code begin_close(protocol::close_payload how);
  WSX_API void apply(const action& wanted);
  WSX_API void callback_threw(std::exception_ptr what);
  WSX_API void fail(std::error_code error, std::string_view detail = {});
  WSX_API void violated(const protocol::message_assembler& input);
  WSX_API void received_close(const protocol::close_payload& close);
  WSX_API void received_pong(bytes_view payload);
  WSX_API void answer_ping(bytes_view payload);
  void received_message() noexcept { add(messages_received_, 1); }

 private:
  // A flush that waits until all that was queued before it is written: how far each source must
  // come, and where it was.
  struct flush_mark {
    struct stretch {
      std::shared_ptr<protocol::frame_source> source;
      std::uint64_t from;
      std::uint64_t until;
    };
    ticket number;
    std::uint64_t staged;
    std::vector<stretch> queued;
  };

  using counter = std::atomic<std::uint64_t>;

  // Only the strand writes a counter; others read it.
  static void add(counter& c, std::uint64_t n) noexcept {
    c.store(c.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  void on_ready(io_direction direction, std::uint32_t connection, std::error_code error) override;
  void on_notified() override;
  void drop_handlers() noexcept override;

  // The life of the client (engine_run.cpp).
  static asio::awaitable<void> run(std::shared_ptr<engine> self);
  void launch();
  asio::awaitable<bool> connections();
  asio::awaitable<bool> establish();
  asio::awaitable<void> meanwhile_sending(asio::awaitable<void> callback);
  void leave();
  asio::awaitable<std::error_code> open();
  asio::awaitable<disconnect_decision> consult(bool opened);
  asio::awaitable<void> pause(clock::duration delay);
  asio::awaitable<void> finish();
  void begin_connection();
  void end_connection();
  bool give_up_first(bool opened);
  void connected(std::error_code error);
  void attempt_failed(std::error_code error);
  void explain() noexcept;
  void explain_end() noexcept;
  void not_launched();
  errc not_idle() const noexcept;
  void settle();
  void release_handler() noexcept;
  static close_reason aborted();
  close_reason stop_reason() const;
  std::error_code end_error() const noexcept;
  std::error_code unsent_error() const noexcept;

  // Opening (engine_open.cpp).
  std::error_code dialed(std::error_code error);
  asio::awaitable<std::error_code> shake_hands(const protocol::upgrade_request& ask);
  std::error_code judge(protocol::http_head& head, const protocol::upgrade_request& ask,
                        std::string_view key);
  void start_deflate(const protocol::deflate_agreement& agreed);
  std::error_code write_request(bytes_view& left);
  std::error_code read_head(protocol::http_head_parser& parser);
  asio::awaitable<void> read_refusal_body(const protocol::http_head& head);
  std::error_code prepare(protocol::upgrade_request& ask);
  std::error_code interrupted_by(std::error_code deadline) const noexcept;

  // What to do after a turn of the read loop.
  enum class step { again, give_way, rest, end };

  // Receiving (engine_receive.cpp).
  asio::awaitable<bool> receive();
  void work();
  void work_on();
  void wake();
  step after_turn(bool came);
  asio::awaitable<void> receive_early();
  bool may_read();
  bool too_much_staged() const noexcept;
  bool read_into_shared();
  asio::awaitable<bool> read_into_own();
  bool took(std::span<const std::byte> room, const io_result& got);
  asio::awaitable<void> deliver();
  void discard();
  protocol::message_assembler& assembler();
  void take_steps(const action& wanted);
  asio::awaitable<void> deliver_mail();
  bool deliver_plain_mail();
  bool mail_waits() const noexcept { return receiving() && mailbox_.size() > 0; }
  asio::awaitable<void> wait_ready(io_direction direction);
  void arm_wait(io_direction direction);
  void transport_ended(std::error_code error);

  // Sending (engine_send.cpp).
  void pump();
  void write_queued();
  bool write_batch(bytes_view bytes);
  void cannot_write(std::error_code error);
  void pump_failed(std::error_code error);
  bool bursting() const noexcept;
  bool burst_expected() const noexcept;
  void learn_bursts() noexcept;
  bool idle();
  void reopen_reading();
  void wrote();
  void tell_written();
  void say_close(std::optional<protocol::close_payload> close, protocol::close_order order);
  errc admit(send_channel& channel, std::uint64_t state) noexcept;
  bool still_of_use(const send_channel& channel, std::uint64_t state) const noexcept;
  bool flushed(const flush_mark& mark) const;
  static bool lost(const flush_mark& mark);
  void drop_retired();
  template <class Ended>
  void end_flushes(Ended ended, std::error_code how);
  void fail_flushes_of_replies();
  void wake_for_mail();
  void fail_sends(std::error_code error);

  // Timers and signals (engine_timers.cpp).
  void await_signal(std::shared_ptr<signal_watch> watch);
  void arm_timer(clock::time_point due, clock::time_point first_look);
  void await_timer(clock::time_point when);
  void disarm_timer();
  void arm_deadline(clock::duration delay) { arm_deadline(delay, delay); }
  void arm_deadline(clock::duration delay, clock::duration next);
  void lift_deadline();
  void on_timer();
  void on_deadline();
  void arm_keepalive();
  void on_keepalive();
  bool ping_makes_way();

  void cancel_connect();
  void cancel_send(send_channel& channel);
  void crashed(std::exception_ptr what);
  void stop(bool in_order);
  bool connected_now() const noexcept { return now() == phase::open || now() == phase::closing; }
  bool stopped() const noexcept { return stop_ || muted_.load(std::memory_order_relaxed); }
  bool interrupted() const noexcept { return stopped() || connect_canceled_ || deadline_hit_; }

  // The phase, below the number of the connection: a producer that sees one sees the other.
  static constexpr int phase_bits = 8;
  static phase phase_of(std::uint64_t state) noexcept {
    return static_cast<phase>(state & ((1 << phase_bits) - 1));
  }
  static std::uint32_t connection_of(std::uint64_t state) noexcept {
    return static_cast<std::uint32_t>(state >> phase_bits);
  }
  WSX_API static errc not_open(std::uint64_t state) noexcept;
  void set(phase p) noexcept {
    const auto connection = static_cast<std::uint64_t>(connection_number_) << phase_bits;
    state_.store(connection | static_cast<std::uint64_t>(p), std::memory_order_release);
  }

  wsx::strand strand_;
  std::shared_ptr<const wsx::options> options_;  // other clients may share them
  stream_factory make_stream_;
  std::shared_ptr<transport_settings> settings_;
  std::unique_ptr<any_handler> handler_;
  session session_;

  // The client.
  std::atomic<std::uint64_t> state_{static_cast<std::uint64_t>(phase::idle)};
  std::atomic<bool> muted_{false};  // its owner is gone: no more callbacks
  std::atomic<bool> mail_scheduled_{false};
  bool stop_ = false;           // ends as soon as possible
  bool stop_in_order_ = false;  // that is no abort
  bool final_ = false;          // its owner wants it closed: no reconnect
  bool opened_once_ = false;
  bool connect_canceled_ = false;  // whoever called `connect` does not wait any more
  bool resting_ = false;           // no coroutine runs or sleeps: who wakes it calls `work`
  std::size_t tries_ = 0;          // attempts since the last open connection
  request target_;
  protocol::lazy<close_reason> reason_;            // why the last connection ended
  std::unique_ptr<wsx::diagnostics> diagnostics_;  // until a connection is open
  connection_info info_{};
  clock::time_point opened_at_{};
  async_event wake_;
  mailbox mailbox_;
  asio::cancellation_signal interrupt_;  // of a callback that waits

  // The connection.
  std::unique_ptr<any_stream> stream_;
  std::uint32_t connection_number_ = 0;
  bool armed_[2] = {false, false};  // by io_direction: a wait is under way
  bool stream_open_ = false;        // the transport is connected
  bool ended_ = false;              // the transport has ended
  bool dead_ = false;               // by keepalive
  bool discarding_ = false;         // what comes is not even parsed any more
  bool congested_ = false;          // reading waits until replies have gone
  bool drained_ = false;            // all that had come was read: more must be waited for
  bool read_in_place_ = false;      // what came last: the rest of a large message
  std::uint8_t reads_in_a_row_ = 0;
  std::uint8_t bursts_expected_ = 0;  // so often still
  std::error_code write_error_{};     // the transport takes nothing more
  // While part of a message is here, or a compressed one may refer to those before it.
  std::unique_ptr<protocol::message_assembler> assembler_;
  protocol::close_state close_;
  protocol::keepalive keepalive_;
  std::uint64_t ping_end_ = 0;      // of the last ping: `bytes_sent_` when it had been written
  std::uint64_t acknowledged_ = 0;  // of `bytes_sent_`, by the peer's system, when last asked
  // What came right behind the handshake's response; then to read into, if callbacks are
  // coroutines.
  protocol::byte_buffer own_;
  asio::steady_timer timer_;
  clock::time_point timer_due_{};   // may be later than it is set for; the end of time: never
  std::uint32_t timer_number_ = 0;  // of its wait
  bool timer_waits_ = false;
  bool has_deadline_ = false;  // it is that of a deadline, not the keepalive's
  bool deadline_hit_ = false;
  bool disowned_ = false;  // nobody looks at the handler any more; here, where there is room for it

  // Sending.
  protocol::outbox outbox_;
  protocol::send_validator staged_check_;
  cross_thread_notifier notifier_;  // of producers: there is something to write
  std::uint64_t frames_when_idle_ = 0;
  std::vector<std::shared_ptr<send_channel>> channels_;
  std::vector<flush_mark> flush_marks_;
  waiting_list<std::error_code> on_flushed_;

  // Waiting callers.
  std::atomic<ticket> tickets_{0};
  wsx::diagnostics* connect_details_ = nullptr;
  waiting_list<std::error_code> on_connected_;  // one at most
  waiting_list<std::error_code> on_closed_;
  waiting_list<std::error_code, close_reason> on_ended_;
  protocol::lazy<std::set<std::shared_ptr<cancelable>>> attachments_;

  counter messages_received_{0};
  counter bytes_received_{0};
  counter frames_sent_{0};
  counter bytes_sent_{0};
  counter reads_{0};
  counter writes_{0};
  counter connects_{0};
  counter latency_{0};
  counter replies_dropped_{0};
};

}  // namespace wsx::detail
