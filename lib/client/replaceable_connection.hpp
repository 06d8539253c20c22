#pragma once

#include "client_parts.hpp"
#include "link.hpp"
#include "rotation.hpp"
#include "strand_listener.hpp"

#include <wsx/protocol/close_payload.hpp>
#include <wsx/request.hpp>

#include <asio/awaitable.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace wsx::detail {

class engine;

// The open connection of a client. During a rotation there is another one, which is to replace it
// or has been replaced by it.
class replaceable_connection : public open_connection {
 public:
  replaceable_connection(engine& owner, client_parts& parts) noexcept
      : owner_(owner), parts_(parts) {}

  // The number of the connection, as producers see it: it changes when frames may have been lost.
  std::uint32_t number = 0;

  // Returns the connection for which a callback is being called: this one, unless it is the other.
  open_connection& called() noexcept {
    return rotation_ && rotation_->calls() ? rotation_->other() : *this;
  }
  // Returns the links of both connections; null where there is none.
  std::array<link*, 2> links() noexcept {
    return {transport.get(), rotation_ ? rotation_->other().transport.get() : nullptr};
  }

  // Returns the link of the open connection with that number, or null.
  link* with_number(std::size_t connection_number) noexcept;

  // Begins to connect to `target`, which must outlive the attempt.
  void begin_rotation(const request& target, rotation::retry earlier);

  // Returns whether the other connection takes turns.
  bool rotates() const noexcept { return rotation_ && rotation_->has_turn(); }

  // Takes a turn of the other connection. `next` is what this one wants; returns what both do.
  asio::awaitable<link::step> turn_of_other(link::step next);

  // Puts the other connection in the place of this one, if that is possible now: when this one is
  // over, or when its outbox is between messages. Returns whether it has.
  bool replace();

  // Nothing is left of the other connection. `goes_on` tells whether this one does.
  void end_rotation(bool goes_on);

  // The other connection writes.
  void pump_other(const std::shared_ptr<strand_listener>& who) noexcept;

  // A transport with this number is ready. Returns whether it belongs to an open connection.
  bool on_ready(io_direction direction, std::uint32_t transport_number);

  // The time of the other connection, or of its attempt, has come. Returns whether there is one.
  bool on_time_of_other();

  // The client closes, or ends at once.
  void close(const protocol::close_payload& how);
  void interrupt() noexcept;

  // No handler will be called any more.
  void drop_handlers() noexcept {
    if (rotation_) rotation_->drop();
  }

 private:
  bool waits_for_old();

  engine& owner_;
  client_parts& parts_;
  std::unique_ptr<rotation> rotation_{};  // while there is another connection, or an attempt
};

}  // namespace wsx::detail
