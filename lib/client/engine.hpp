#pragma once

#include "client_parts.hpp"
#include "context_hook.hpp"
#include "lifecycle.hpp"
#include "send_channel.hpp"
#include "strand_listener.hpp"

#include <wsx/detail/callback_context.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/mail.hpp>
#include <wsx/timer.hpp>

#include <asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <system_error>
#include <vector>

namespace wsx::detail {

// A client without its types: the operations that any thread may call, which run on its strand. See
// `engine_ref`.
class engine final : private client_parts,
                     public std::enable_shared_from_this<engine>,
                     public strand_listener,
                     public context_hook,
                     public callback_context {
 public:
  engine(const asio::any_io_executor& executor, wsx::options o, stream_factory make,
         std::unique_ptr<any_handler> h);
  ~engine() override;

  // From any thread.
  ticket next_ticket() noexcept { return tickets_.fetch_add(1, std::memory_order_relaxed) + 1; }
  void connect(ticket t, request target, wsx::diagnostics* details,
               completion<std::error_code> done, std::unique_ptr<connected_socket> socket);
  void close(ticket t, protocol::close_payload how, completion<std::error_code> done);
  void join(ticket t, completion<std::error_code, close_reason> done);
  void flush(ticket t, completion<std::error_code> done);
  void send(ticket t, std::shared_ptr<send_channel> channel, const protocol::outgoing_frame& frame,
            completion<std::error_code> done, std::vector<std::byte> copy);
  void cancel(ticket t);
  void abort();
  void kill() noexcept;
  void disown() noexcept;
  std::error_code post(std::unique_ptr<mail> message, bool urgent);
  timer post_after(std::chrono::steady_clock::duration delay, std::unique_ptr<mail> message);
  void cancel_timer(std::shared_ptr<timer_state> timer);
  void watch_signal(int number, std::function<std::unique_ptr<mail>(int number)> make);
  errc try_send(send_channel& channel, const protocol::outgoing_frame& frame);
  std::shared_ptr<send_channel> make_channel();
  void retire(std::shared_ptr<send_channel> channel) noexcept;
  gate::state state() const noexcept { return parts().door.load(); }
  const strand& serial() const noexcept override { return parts().serial; }

  client_parts& parts() noexcept { return *this; }
  const client_parts& parts() const noexcept { return *this; }

  // On the strand.
  lifecycle& life() noexcept { return life_; }
  void stop() noexcept { set_stopped(); }
  // Returns whether the owner is destroyed, so that no callback may be called.
  bool gone() const noexcept { return gone_.load(std::memory_order_relaxed); }
  // The handler will not be called any more.
  void life_over() noexcept;
  void apply_action(const action& wanted);
  // For the connection with that number; returns false if it is not open.
  bool apply_action(const action& wanted, std::size_t connection_number);

 private:
  friend class handler_use;

  void on_ready(io_direction direction, std::uint32_t connection, std::error_code error) override;
  void on_notified() override;
  void on_time() override;
  void on_work() override { life_.wake(); }
  void drop_handlers() noexcept override;

  bool drops_unsent() const noexcept { return parts().options->drop_unsent_on_disconnect; }
  errc not_idle() const noexcept;
  void after_write();
  void tell_of_mail();
  void await_signal(std::shared_ptr<struct signal_watch> watch);
  errc admit(send_channel& channel, gate::state state) noexcept;
  bool still_of_use(const send_channel& channel, gate::state state) const noexcept;
  void wait_for_room(send_channel& channel, gate::state state);
  // The owner is destroyed: runs `call` on the strand, if there is memory for that.
  template <class Call>
  void owner_gone(Call call) noexcept;
  void release_handler() noexcept;

  // Who uses the handler between callbacks, or has no more use for it.
  static constexpr std::uint8_t in_use = 1;
  static constexpr std::uint8_t released = 2;

  std::atomic<bool> gone_{false};
  bool disowned_ = false;  // there is no owner that uses the handler
  std::atomic<std::uint8_t> use_{0};
  std::atomic<ticket> tickets_{0};
  lifecycle life_;
};

}  // namespace wsx::detail
