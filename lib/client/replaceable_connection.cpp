#include "replaceable_connection.hpp"

#include "engine.hpp"

#include <wsx/error.hpp>

#include <algorithm>
#include <utility>

namespace wsx::detail {

void replaceable_connection::begin_rotation(const request& target, rotation::retry earlier) {
  auto begun = std::make_unique<rotation>(owner_, parts_, earlier);
  begun->dial(target);  // without memory for that there is no rotation
  rotation_ = std::move(begun);
}

link* replaceable_connection::with_number(std::size_t connection_number) noexcept {
  if (info.number == connection_number) return transport.get();
  const bool other = rotation_ && rotation_->other().info.number == connection_number;
  return other ? rotation_->other().transport.get() : nullptr;
}

// An old connection that is closing may have frames that the server has not read: if the client
// closes, that one is waited for as well.
asio::awaitable<link::step> replaceable_connection::turn_of_other(link::step next) {
  const bool over = next == link::step::end;
  if (!rotates() || owner_.suspended() || (over && !waits_for_old())) co_return next;
  const link::step other = co_await rotation_->turn();
  if (over) co_return other;
  if (other == link::step::end) {
    end_rotation(true);
    co_return link::step::again;
  }
  transport->pump(owner_.shared_from_this());  // a callback may have failed the client
  co_return std::min(next, other);
}

bool replaceable_connection::waits_for_old() {
  auto& connection = transport->connection();
  connection.conclude();
  const auto& why = connection.reason();
  return rotation_->closes() && why.origin == close_origin::local && !why.error;
}

bool replaceable_connection::replace() {
  if (!rotation_ || !rotation_->ready()) return false;
  auto& connection = transport->connection();
  auto& outbox = parts_.senders.outbox();
  if (connection.over()) {
    connection.conclude();
    const auto& why = connection.reason();
    // What ends the client, or is for the handler to decide, does so with another connection, too.
    const bool threw = why.error == errc::handler_failed;
    if (why.origin == close_origin::local) return false;
    if (threw && !parts_.options->reconnect_after_exception) return false;
    parts_.senders.connection_ended(parts_.options->drop_unsent_on_disconnect, ++number);
  } else {
    outbox.hold_producers(true);
    if (!connection.may_send() || !outbox.between_messages()) return false;
  }
  rotation_->hand_over(*this);
  return true;
}

void replaceable_connection::end_rotation(bool goes_on) {
  const auto over = std::move(rotation_);
  if (!over) return;
  over->end(goes_on, since);
  parts_.time.lift(deadline::of::attempt);
}

void replaceable_connection::pump_other(const std::shared_ptr<strand_listener>& who) noexcept {
  if (link* const other = links()[1]) other->pump(who);
}

bool replaceable_connection::on_ready(io_direction direction, std::uint32_t transport_number) {
  if (rotation_) rotation_->on_ready(direction, transport_number);
  bool known = false;
  for (link* const each : links())
    known = (each != nullptr && each->on_ready(direction, transport_number)) || known;
  return known;
}

bool replaceable_connection::on_time_of_other() {
  if (rotation_) rotation_->on_time();
  return rotation_ != nullptr;
}

void replaceable_connection::close(const protocol::close_payload& how) {
  if (rotation_) rotation_->close(how);
  transport->connection().close(how);
}

void replaceable_connection::interrupt() noexcept {
  if (transport) transport->close();
  if (rotation_) rotation_->interrupt();
}

}  // namespace wsx::detail
