#pragma once

#include "../client/async_event.hpp"
#include "../client/client_timer.hpp"
#include "child_list.hpp"
#include "restart_intensity.hpp"

#include <wsx/child_spec.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/supervision_ref.hpp>
#include <wsx/supervisor.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace wsx::detail {

class supervision;

// A request.
struct supervisor_call {
  ticket number;
  supervision_ref::request what{};
  std::optional<child_spec> spec{};  // or else
  std::string name{};
};

// The life of a supervisor, on its strand, by the rules of OTP's supervisor.erl. Functions that
// mirror one of its functions name it. One coroutine, `run`, does one thing at a time, in the order
// of its mailbox, as Erlang's process does.
class supervisor_life {
 public:
  using iterator = child_list::iterator;

  supervisor_life(supervision& owner, const strand& s, const supervisor_options& options,
                  std::vector<child_spec> children);

  enum class phase : std::uint8_t { idle, starting, running, over };

  phase current_phase() const noexcept { return phase_; }
  std::error_code how_it_ended() const noexcept { return result_; }
  const supervisor_options& options() const noexcept { return options_; }
  child_list& children() noexcept { return children_; }

  // Starts the supervisor, for the operation with that ticket.
  void start(ticket t);
  // Adds a request. The supervisor has been started.
  void push(supervisor_call call);
  void stop();
  // The owner is gone.
  void kill();
  void drop_handlers() noexcept { news_.drop(); }

 private:
  using watch_ptr = std::shared_ptr<process_watch>;

  // The process of the child with that name has ended. The child may have another one by now.
  struct exited {
    std::string name;
    watch_ptr watch;
  };
  // A restart has failed.
  struct try_again {
    std::string name;
  };
  using event = std::variant<supervisor_call, exited, try_again>;

  static asio::awaitable<void> run(std::shared_ptr<supervision> self);
  asio::awaitable<std::error_code> init();
  asio::awaitable<void> serve();
  asio::awaitable<void> handle(event next);
  asio::awaitable<void> handle_call(supervisor_call& call);
  asio::awaitable<void> handle_exit(const exited& what);
  asio::awaitable<void> handle_try_again(const std::string& name);

  asio::awaitable<void> start_child(ticket t, child_spec spec);
  asio::awaitable<void> terminate_child(ticket t, const std::string& name);
  asio::awaitable<void> restart_child(ticket t, const std::string& name);
  void delete_child(ticket t, const std::string& name);
  void replace_child_spec(ticket t, child_spec spec);

  asio::awaitable<void> restart(iterator child);
  std::pair<iterator, iterator> affected_by(iterator child);
  asio::awaitable<iterator> start_children(iterator first, iterator last);
  asio::awaitable<iterator> terminate_children(iterator first, iterator last);
  asio::awaitable<std::error_code> start_process(supervised_child& child);
  asio::awaitable<void> terminate_process(supervised_child& child);

  bool stopping() const noexcept;
  std::error_code make(supervised_child& child);
  void begin(const supervised_child& child);
  void let_go(supervised_child& child) noexcept;
  void process_ended(const std::string& name, const watch_ptr& watch, std::error_code error,
                     close_reason reason);
  void give_time(std::chrono::milliseconds limit);
  asio::awaitable<void> sleep();
  void complete(ticket t, std::error_code error, std::string_view doing, const std::string& name);
  void report(const std::string& what) const;
  void report_end(const supervised_child& child, std::string_view how, std::error_code error,
                  const process_watch& watch) const;
  void report_unless_in_order(const supervised_child& child, const process_watch& watch) const;
  void crashed();
  void finish(std::error_code start_error);

  supervision& owner_;
  const strand& serial_;
  const supervisor_options options_;
  child_list children_;
  restart_intensity intensity_;
  client_timer timer_;
  std::uint32_t waits_ = 0;  // tells one wait of the timer from another
  bool time_is_up_ = false;
  std::deque<event> mailbox_;
  async_event news_;
  phase phase_ = phase::idle;
  bool stop_wanted_ = false;
  ticket start_ticket_ = 0;
  std::error_code result_{};
  // Of the last start that failed; at first, what is wrong with the specs.
  std::error_code error_{};
  std::string failure_{};
};

}  // namespace wsx::detail
