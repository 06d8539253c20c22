#include "engine.hpp"
#include "handler_changes.hpp"
#include "status.hpp"
#include "system_requests.hpp"

#include <utility>

namespace wsx::detail {

engine_ref::engine_ref(const asio::any_io_executor& executor, wsx::options options,
                       stream_factory make, std::unique_ptr<any_handler> handler)
    : engine_(std::make_shared<engine>(executor, std::move(options), make, std::move(handler))) {}

ticket engine_ref::next_ticket() const noexcept {
  return engine_->next_ticket();
}

void engine_ref::connect(ticket t, request target, wsx::diagnostics* details,
                         completion<std::error_code> done,
                         std::unique_ptr<connected_socket> socket) const {
  engine_->connect(t, std::move(target), details, std::move(done), std::move(socket));
}

void engine_ref::close(ticket t, protocol::close_payload how,
                       completion<std::error_code> done) const {
  engine_->close(t, std::move(how), std::move(done));
}

void engine_ref::join(ticket t, completion<std::error_code, close_reason> done) const {
  engine_->join(t, std::move(done));
}

void engine_ref::flush(ticket t, completion<std::error_code> done) const {
  engine_->flush(t, std::move(done));
}

void engine_ref::send(ticket t, std::shared_ptr<send_channel> channel,
                      const protocol::outgoing_frame& frame, completion<std::error_code> done,
                      std::vector<std::byte> copy) const {
  engine_->send(t, std::move(channel), frame, std::move(done), std::move(copy));
}

void engine_ref::code_change(ticket t, std::unique_ptr<handler_change> change,
                             wsx::diagnostics* details, completion<std::error_code> done) const {
  handler_changes(*engine_).ask(t, std::move(change), details, std::move(done));
}

void engine_ref::ask(ticket t, std::unique_ptr<system_request> what,
                     operation_memory* memory) const {
  system_requests(*engine_).ask(t, std::move(what), memory);
}

void engine_ref::cancel(ticket t) const {
  engine_->cancel(t);
}

std::shared_ptr<send_channel> engine_ref::make_channel() const {
  return engine_->make_channel();
}

void engine_ref::retire(std::shared_ptr<send_channel> channel) const noexcept {
  engine_->retire(std::move(channel));
}

std::error_code engine_ref::post(std::unique_ptr<mail> message) const {
  constexpr bool urgent = false;
  return engine_->post(std::move(message), urgent);
}

void engine_ref::notify(std::unique_ptr<mail> message) const {
  constexpr bool urgent = true;
  engine_->post(std::move(message), urgent);
}

timer engine_ref::post_after(std::chrono::steady_clock::duration delay,
                             std::unique_ptr<mail> message) const {
  return engine_->post_after(delay, std::move(message));
}

void engine_ref::watch_signal(int number,
                              std::function<std::unique_ptr<mail>(int number)> make) const {
  engine_->watch_signal(number, std::move(make));
}

void engine_ref::abort() const {
  engine_->abort();
}

void engine_ref::kill() const noexcept {
  engine_->kill();
}

void engine_ref::disown() const noexcept {
  engine_->disown();
}

bool engine_ref::awaited_by_callback(const asio::cancellation_slot& slot) const noexcept {
  return serial().running_in_this_thread() && engine_->life().callback().awaits(slot);
}

bool engine_ref::is_open() const noexcept {
  return engine_->state().current_phase() == phase::open;
}

void engine_ref::status(completion<client_status> done) const {
  tell_status(engine_, std::move(done));
}

wsx::stats engine_ref::stats() const noexcept {
  return engine_->parts().counts.snapshot();
}

const strand& engine_ref::serial() const noexcept {
  return engine_->serial();
}

const connection_info& engine_ref::connection() const noexcept {
  return engine_->life().known().connection;
}

}  // namespace wsx::detail

namespace wsx {

void timer::cancel() {
  const auto engine = engine_.lock();
  auto state = state_.lock();
  if (engine && state) engine->cancel_timer(std::move(state));
}

}  // namespace wsx
