#include "rotation.hpp"

#include "../random_delay.hpp"
#include "engine.hpp"

#include <wsx/detail/mail.hpp>
#include <wsx/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>

#include <exception>
#include <new>
#include <utility>

namespace wsx::detail {

namespace {

// Posted when a rotation is due. There is either one of these on its way, or a rotation: a client
// without rotations has no state for them.
class rotation_mail final : public mail {
 public:
  using time_point = deadline::time_point;

  rotation_mail(time_point opened, rotation::retry earlier) : opened_(opened), earlier_(earlier) {}

  bool is_async() const noexcept override { return false; }

  // In any phase. Meanwhile another connection may have opened.
  void deliver(callback_context& to) override {
    auto& client = static_cast<engine&>(to);
    lifecycle& life = client.life();
    const link* const open = life.open().transport.get();
    if (open == nullptr || !open->delivers()) return schedule(client, client.now());
    if (life.known().since != opened_) return schedule(client, life.known().since);
    try {
      life.open().begin_rotation(life.known().target, earlier_);
    } catch (const std::bad_alloc&) {
      schedule(client, opened_);
    }
  }

  asio::awaitable<void> deliver_async(callback_context&) override { return nothing(); }

  // Schedules the first rotation of a connection that has opened then, or that will open later.
  static void schedule(engine& client, time_point opened) {
    const auto& o = *client.parts().options;
    const auto age = o.max_connection_age - random_delay(o.max_connection_age_jitter);
    post(client, opened + age - client.parts().time.now(), opened, {});
  }

  // Without memory for that the client goes on, and does not rotate any more.
  static void post(engine& client, deadline::duration delay, time_point opened,
                   rotation::retry earlier) {
    try {
      client.post_after(delay, std::make_unique<rotation_mail>(opened, earlier));
    } catch (const std::bad_alloc&) {}
  }

 private:
  time_point opened_;
  rotation::retry earlier_;
};

}  // namespace

void start_rotations(engine& client) {
  if (client.parts().options->max_connection_age > std::chrono::milliseconds::zero())
    rotation_mail::schedule(client, client.life().known().since);
}

rotation::rotation(engine& owner, client_parts& parts, retry earlier) noexcept
    : owner_(owner), parts_(parts), retry_(earlier) {}

void rotation::dial(const request& target) {
  other_.info.url = target.url;
  outbox_ = std::make_unique<protocol::outbox>(parts_.options->max_reply_bytes);
  dialer_ = std::make_shared<dialer>(*parts_.options, target, retry_.failures + 1, parts_.time,
                                     parts_.transports);
  parts_.events.tell_attempt(owner_, retry_.failures + 1, target.url);
  auto self = owner_.shared_from_this();
  // An interruption may complete it within the call. Whoever interrupts must find the client as it
  // was.
  auto through = [self, attempt = dialer_](const std::exception_ptr& what, std::error_code error) {
    attempt->ended(error, what);
    post_on(self->serial(), [self] { self->life().wake(); });
  };
  auto opening = dialer_->open(self, parts_.make_stream, parts_.share_transport_settings());
  asio::co_spawn(parts_.serial, std::move(opening),
                 asio::bind_cancellation_slot(dialer_->slot(), std::move(through)));
}

asio::awaitable<link::step> rotation::turn() {
  calls_ = true;
  link::step next = link::step::end;
  try {
    next = co_await take_turn();
  } catch (...) {  // the client goes on with its connection
    if (other_.transport) other_.transport->connection().abandon(errc::internal_failure);
  }
  calls_ = false;
  co_return next;
}

asio::awaitable<link::step> rotation::take_turn() {
  if (!other_.transport && !opened()) co_return link::step::end;
  const std::shared_ptr<strand_listener> who = owner_.shared_from_this();
  link& other = *other_.transport;
  if (!greeted_) {
    co_await greet();
    greeted_ = true;
    other.pump(who);  // frames that the handler has sent go first
    other.take_early();
  }
  link::step next = other.read_turn(who);
  if (next != link::step::await_input) co_return next;
  co_await parts_.handler->receive_async(owner_, other.connection());
  co_return other.after_turn(who);
}

// The attempt has ended. Returns whether there is a connection.
bool rotation::opened() {
  if (*dialer_->result()) return false;
  dialed opened = dialer_->take();
  other_.since = parts_.time.now();
  other_.transport = std::make_unique<link>(opened, parts_, owner_, *outbox_, other_.since);
  parts_.release_transport_settings();
  dialer_.reset();
  parts_.counts.connects.add(1);
  other_.info = std::move(opened.info);
  other_.info.attempt = retry_.failures + 1;
  other_.info.number = static_cast<std::size_t>(parts_.counts.connects.value());
  return true;
}

asio::awaitable<void> rotation::greet() {
  parts_.events.tell(owner_, event::connected{other_.info});
  if (!other_.transport->delivers()) co_return;
  auto greeting = parts_.handler->handle_connect(owner_, other_.info);
  if (!greeting.valid()) co_return;
  auto pump_meanwhile = [self = owner_.shared_from_this()] { self->life().pump(); };
  post_on(parts_.serial, std::move(pump_meanwhile));
  co_await std::move(greeting);
}

bool rotation::ready() const noexcept {
  return greeted_ && other_.transport->connection().may_send();
}

void rotation::hand_over(open_connection& present) {
  handed_over_ = true;
  outbox_ = parts_.senders.move_to(std::move(outbox_));
  std::swap(present, other_);
  auto& old = other_.transport->connection();
  try {
    old.close({.code = close_code::normal, .reason = {}},
              protocol::connection::late_input::delivered);
  } catch (const std::bad_alloc&) {
    old.abandon(errc::internal_failure);
  }
  other_.transport->pump(owner_.shared_from_this());  // even if the client is suspended
}

void rotation::on_ready(io_direction direction, std::uint32_t number) {
  if (dialer_) dialer_->on_ready(direction, number);
}

void rotation::on_time() {
  if (dialer_) return dialer_->time_out();
  if (other_.transport) other_.transport->on_time();
}

void rotation::close(const protocol::close_payload& how) {
  if (dialer_) dialer_->interrupt(errc::closing);
  if (!other_.transport) return;
  other_.transport->connection().close(how);
}

void rotation::interrupt() noexcept {
  if (dialer_) dialer_->interrupt(errc::aborted);
  if (other_.transport) other_.transport->close();
}

void rotation::end(bool open, time_point since) {
  if (dialer_) dialer_->interrupt(errc::aborted);
  const ending how = ended();
  if (other_.transport) other_.transport->shut_down();
  auto& outbox = parts_.senders.outbox();
  outbox.hold_producers(false);
  outbox_->reset(false);
  outbox.take_counts(*outbox_);
  parts_.counts.frames_sent.set(outbox.frames_encoded());
  if (other_.transport) {
    parts_.events.tell_disconnected(owner_, how.reason(), other_.since, other_.info.number, open);
  } else {
    parts_.events.tell(owner_, event::attempt_failed{retry_.failures + 1, how.reason()});
  }
  schedule_next(how, open, since);
}

void rotation::schedule_next(const ending& how, bool open, time_point since) {
  if (!open) return rotation_mail::schedule(owner_, owner_.now());
  if (handed_over_) return rotation_mail::schedule(owner_, since);
  ++retry_.failures;
  const disconnect why{
      .reason = how.reason(), .attempt = retry_.failures, .connection = other_.info};
  const auto delay = retry_.delay(why);
  rotation_mail::post(owner_, delay, since, retry_);
}

// Returns how the other connection, or the attempt to open it, has ended.
ending rotation::ended() {
  ending how;
  const auto& options = *parts_.options;
  if (dialer_) {
    auto reason = close_reason{.error = dialer_->result().value_or(errc::aborted)};
    how.attempt_failed(std::move(reason), std::move(dialer_->diagnostics()), options,
                       dialer_->url());
    return how;
  }
  auto& connection = other_.transport->connection();
  if (!connection.over()) connection.abandon(errc::aborted);
  connection.conclude();
  how.connection_ended(connection.reason(), options, other_.info.url);
  return how;
}

}  // namespace wsx::detail
