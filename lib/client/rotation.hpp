#pragma once

#include "client_parts.hpp"
#include "dialer.hpp"
#include "ending.hpp"
#include "link.hpp"

#include <wsx/backoff.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/outbox.hpp>
#include <wsx/request.hpp>

#include <asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace wsx::detail {

class engine;

// An open connection, and what is known about it.
struct open_connection {
  std::unique_ptr<link> transport{};
  connection_info info{};
  deadline::time_point since{};
};

// The replacement of a client's connection by another one, while the client goes on: see
// `options::max_connection_age`. The client connects again and calls `handle_connect`. Then senders
// send on the new connection, and the old one closes in order.
//
// This holds the other connection: first the new one, and after `hand_over` the old one.
class rotation {
 public:
  using time_point = deadline::time_point;

  // What is kept from one attempt to the next.
  struct retry {
    backoff delay{
        backoff_options{.initial = std::chrono::seconds(1), .max = std::chrono::minutes(1)}};
    std::size_t failures = 0;
  };

  rotation(engine& owner, client_parts& parts, retry earlier) noexcept;

  // Begins to connect to `target`, which must outlive the attempt.
  void dial(const request& target);

  // Returns whether a coroutine must take a `turn`.
  bool has_turn() const noexcept { return other_.transport || (dialer_ && dialer_->result()); }

  // Takes a turn of the other connection, without mail. Returns `end` if the rotation has ended.
  asio::awaitable<link::step> turn();

  // Returns whether the new connection can take the place of the client's.
  bool ready() const noexcept;

  // Returns whether the old connection is closing.
  bool closes() const noexcept { return handed_over_ && other_.transport; }

  // Exchanges the client's connection, whose outbox is `between_messages`, and the new one.
  void hand_over(open_connection& present);

  // Returns whether a callback is being called for the other connection.
  bool calls() const noexcept { return calls_; }
  open_connection& other() noexcept { return other_; }

  // Events of the attempt to connect, or of the other connection.
  void on_ready(io_direction direction, std::uint32_t number);
  void on_time();

  // The client closes, or ends at once.
  void close(const protocol::close_payload& how);
  void interrupt() noexcept;

  // Nothing is left of the other connection, and the next rotation is scheduled. `open` tells
  // whether the client has a connection, which opened at `since`.
  void end(bool open, time_point since);

  // No handler will be called any more.
  void drop() noexcept {
    if (dialer_) dialer_->drop();
  }

 private:
  asio::awaitable<link::step> take_turn();
  bool opened();
  asio::awaitable<void> greet();
  ending ended();
  void schedule_next(const ending& how, bool open, time_point since);

  engine& owner_;
  client_parts& parts_;
  retry retry_;
  std::shared_ptr<dialer> dialer_{};            // while there is no other connection
  std::unique_ptr<protocol::outbox> outbox_{};  // of the other connection
  open_connection other_{};
  bool greeted_ = false;
  bool handed_over_ = false;
  bool calls_ = false;
};

// The client has opened its first connection: schedules rotations, if the options ask for them.
void start_rotations(engine& client);

}  // namespace wsx::detail
