#include "engine.hpp"
#include "failure_text.hpp"
#include "handler_changes.hpp"
#include "handler_use.hpp"

#include <wsx/code_change.hpp>
#include <wsx/error.hpp>
#include <wsx/system_error.hpp>

#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <array>
#include <cstddef>
#include <utility>

// Changes of a client's handler.

namespace wsx::detail {

namespace {

// Changes are made where messages are delivered: when no callback is running.
class change_mail final : public mail {
 public:
  explicit change_mail(engine& client) noexcept : client_(client) {}
  bool is_async() const noexcept override { return false; }
  void deliver(callback_context&) override { handler_changes(client_).make(); }
  asio::awaitable<void> deliver_async(callback_context&) override { return nothing(); }

 private:
  engine& client_;
};

}  // namespace

void handler_changes::ask(ticket t, std::unique_ptr<handler_change> change,
                          wsx::diagnostics* details, completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  auto begin = [client = client_.shared_from_this(), t, change = std::move(change), details,
                done = std::move(done)]() mutable {
    handler_changes(*client).add({t, std::move(change), details, std::move(done)});
  };
  post_on(client_.serial(), std::move(begin), memory);
}

void handler_changes::add(replaceable_handler::asked change) {
  if (change.details != nullptr) *change.details = {};
  if (client_.stopped()) return change.done(errc::aborted);
  if (client_.state().ended()) return change.done(errc::not_connected);
  handler()->add(std::move(change));
  if (client_.state().current_phase() == phase::idle || client_.suspended()) return make();
  post_mail();
  // The present batch of input ends after the callback that is waiting, if there is one.
  for (link* const open : client_.life().open().links()) {
    if (open != nullptr) open->connection().pace(0);
  }
  client_.life().wake();
}

void handler_changes::post_mail() {
  constexpr bool urgent = true;
  client_.parts().messages.post(std::make_unique<change_mail>(client_), urgent);
}

replaceable_handler* handler_changes::handler() const noexcept {
  const auto& present = client_.parts().handler;
  return present ? present->replaceable() : nullptr;
}

// The user's code may destroy the client.
void handler_changes::make() {
  replaceable_handler* const changed = handler();
  if (changed == nullptr) return;
  const handler_use use(client_);
  if (!use) return;
  std::array<protocol::incoming*, 2> open{};
  std::size_t count = 0;
  for (link* const each : client_.life().open().links()) {
    if (each != nullptr) open[count++] = &each->connection();
  }
  changed->change_now(client_, replaceable_handler::inputs(open).first(count));
}

void handler_changes::make_after_batch() {
  post_mail();
  for (link* const open : client_.life().open().links()) {
    if (open != nullptr) open->end_turn();
  }
}

void handler_changes::cancel(ticket t) {
  if (auto* const changed = handler()) changed->cancel(t, asio::error::operation_aborted);
}

void handler_changes::fail() {
  const errc why = client_.stopped() ? errc::aborted : errc::not_connected;
  if (auto* const changed = handler()) changed->fail(why);
}

void handler_changes::drop() noexcept {
  if (auto* const changed = handler()) changed->drop();
}

asio::awaitable<void> co_code_change(engine_ref e, std::unique_ptr<handler_change> change) {
  std::error_code error;
  wsx::diagnostics details;
  auto start = [change = std::move(change), &details](const engine_ref& on, ticket t,
                                                      completion<std::error_code> done) mutable {
    on.code_change(t, std::move(change), &details, std::move(done));
  };
  if (e) {
    auto changed =
        start_ending<>(e, asio::redirect_error(asio::use_awaitable, error), std::move(start));
    co_await std::move(changed);
  } else {
    error = errc::child_not_found;
  }
  if (!error) co_return;
  if (details.message.empty()) details.message = operation_failure("change the handler", error);
  throw system_error(error, std::move(details));
}

}  // namespace wsx::detail
