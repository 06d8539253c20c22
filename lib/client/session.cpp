#include "engine.hpp"
#include "handler_changes.hpp"

#include <wsx/error.hpp>
#include <wsx/session.hpp>

#include <string>
#include <utility>

namespace wsx {

std::error_code session::send_frame(const protocol::outgoing_frame& frame) {
  detail::link* const open = engine_.life().open().called().transport.get();
  return open != nullptr ? open->send(frame) : errc::not_connected;
}

std::error_code session::close() {
  return begin_close({});
}

std::error_code session::close(close_code code, std::string_view reason) {
  return begin_close({code, std::string(reason)});
}

std::error_code session::begin_close(protocol::close_payload how) {
  if (how.code) {
    if (const auto error = protocol::check_close(*how.code, how.reason)) return error;
  }
  detail::link* const open = engine_.life().open().called().transport.get();
  if (open == nullptr) {
    const auto state = engine_.life().state();
    const bool ends = state == detail::life_state::idle || state >= detail::life_state::terminating;
    if (ends) return errc::not_connected;
    // Not within this call, since the handler may be called.
    post_on(engine_.serial(), [self = engine_.shared_from_this(), how = std::move(how)]() mutable {
      self->life().close(std::move(how));
    });
    return {};
  }
  const auto error = open->connection().close(std::move(how));
  if (!error) engine_.life().pump();
  return error;
}

any_handler* session::replaceable() const noexcept {
  auto* const handler = detail::handler_changes(engine_).handler();
  return handler != nullptr ? &handler->handler() : nullptr;
}

bool session::post_mail(std::unique_ptr<detail::mail> message) {
  constexpr bool urgent = false;
  return !engine_.post(std::move(message), urgent);
}

timer session::post_mail_after(std::chrono::steady_clock::duration delay,
                               std::unique_ptr<detail::mail> message) {
  return engine_.post_after(delay, std::move(message));
}

const connection_info& session::connection() const noexcept {
  return engine_.life().open().called().info;
}

wsx::stats session::stats() const noexcept {
  for (detail::link* const open : engine_.life().open().links()) {
    if (open != nullptr) open->count();
  }
  return engine_.parts().counts.snapshot();
}

asio::any_io_executor session::get_executor() const noexcept {
  return engine_.serial();
}

}  // namespace wsx
