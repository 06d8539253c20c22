#pragma once

#include "async_event.hpp"
#include "awaited_callback.hpp"
#include "client_parts.hpp"
#include "dialer.hpp"
#include "ending.hpp"
#include "life_state.hpp"
#include "link.hpp"
#include "reconnecting.hpp"
#include "replaceable_connection.hpp"
#include "strand_listener.hpp"

#include <wsx/action.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/request.hpp>

#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <system_error>

namespace wsx::detail {

class engine;

// The life of a client, on its strand. It connects, calls the handler, reads and writes, lets the
// handler decide, pauses, and connects again, until it ends.
//
// One coroutine, `run`, goes from state to state. While a connection is open and no callback is a
// coroutine, `run` ends whenever there is nothing to do. The client then rests: `wake` takes the
// turns without a coroutine until there is something to await.
class lifecycle {
 public:
  using time_point = deadline::time_point;

  lifecycle(engine& owner, client_parts& parts) noexcept
      : owner_(owner), parts_(parts), open_(owner, parts) {}

  life_state state() const noexcept { return state_; }
  // The open connection: its link is null while there is none.
  replaceable_connection& open() noexcept { return open_; }
  // What is known about the present connection, attempt or pause.
  struct facts {
    const request& target;
    const connection_info& connection;  // the open one, or the last
    std::uint32_t attempts;             // since the last open connection
    time_point since;                   // when it, the attempt or the pause began
    bool closes;                        // the owner has asked for the end
  };
  facts known() const noexcept {
    return {target_, open_.info, attempts_, open_.since, intent_ != intent::none};
  }
  const ending& how_it_ended() const noexcept { return ending_; }

  // Requests of the owner.
  void connect(request target);
  void cancel_connect();
  // Also reconnects no more. Returns false if the client is already about to end.
  bool close(protocol::close_payload how);
  void abort() { end(intent::end_at_once); }

  // The progress of a callback that is a coroutine, and exceptions of any callback.
  void callback_failed(std::exception_ptr what) noexcept;
  void callback_waits(const asio::cancellation_slot& own) noexcept;
  void callback_finished() noexcept;
  const awaited_callback& callback() const noexcept { return callback_; }

  // A signal arrived: interrupts a waiting `handle_disconnect`, which is called again later.
  void on_signal();

  // Events from the layers below.
  void on_ready(io_direction direction, std::uint32_t number);
  void on_time();

  // There is something to do. Everything that needs no coroutine is done within this call.
  void wake();
  // There is something to write.
  void pump();

  // No handler will be called any more.
  void drop_handlers() noexcept;

 private:
  // How far the owner wants the client to end.
  enum class intent : std::uint8_t { none, no_reconnect, end_in_order, end_at_once };

  // The life.
  static asio::awaitable<void> run(std::shared_ptr<engine> self);
  asio::awaitable<outcome> dial();
  asio::awaitable<outcome> greet();
  asio::awaitable<outcome> receive();
  asio::awaitable<outcome> ask();
  asio::awaitable<outcome> pause();
  asio::awaitable<outcome> terminate();
  outcome attempt_failed(std::error_code error);
  outcome crashed(std::exception_ptr what);
  void launch();
  void enter(life_state next);
  void end(intent how);
  bool gives_up() const noexcept;
  void finish_connection();
  void clean_up();
  void complete_waiters();

  bool stopped() const noexcept;
  close_reason stop_reason() const;

  void work();
  void publish();
  void interrupt_callback();
  void abandon_callback();

  engine& owner_;
  client_parts& parts_;
  [[no_unique_address]] awaited_callback callback_;  // the padding holds what follows
  life_state state_ = life_state::idle;
  intent intent_ = intent::none;
  bool opened_once_ = false;
  bool connect_canceled_ = false;  // the caller of `connect` no longer waits
  bool resting_ = false;           // no coroutine runs or waits
  bool threw_ = false;             // a callback threw without a connection: the client ends
  [[no_unique_address]] ending ending_;
  bool no_answer_ = false;      // `handle_disconnect` was interrupted, and returned no decision
  bool told_ = false;           // the operations that wait for the end have completed
  std::uint32_t attempts_ = 0;  // since the last open connection
  failure_series failures_{};
  request target_{};
  // The link while a connection is open; the rest is kept after that. `since` also tells when an
  // attempt or a pause began.
  replaceable_connection open_;
  async_event wake_;
  std::shared_ptr<dialer> dialer_{};  // while it dials
};

}  // namespace wsx::detail
