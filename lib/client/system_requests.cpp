#include "system_requests.hpp"

#include "engine.hpp"
#include "failure_text.hpp"
#include "handler_changes.hpp"
#include "handler_use.hpp"

#include <wsx/detail/with_handler.hpp>
#include <wsx/error.hpp>
#include <wsx/system_error.hpp>

#include <asio/error.hpp>

#include <utility>

namespace wsx::detail {

namespace {

// A request's place among the messages.
class system_mail final : public mail {
 public:
  explicit system_mail(std::shared_ptr<waiting_request> request) noexcept
      : request_(std::move(request)) {}
  bool is_async() const noexcept override { return false; }
  void deliver(callback_context& to) override {
    system_requests(static_cast<engine&>(to)).run(request_);
  }
  asio::awaitable<void> deliver_async(callback_context&) override { return nothing(); }

 private:
  const std::shared_ptr<waiting_request> request_;
};

}  // namespace

// The message is posted here and not on the strand, to keep the order with casts.
void system_requests::ask(ticket t, std::unique_ptr<system_request> what,
                          operation_memory* memory) {
  request waiting = std::make_shared<waiting_request>(waiting_request{t, std::move(what)});
  const bool posted = !runs_at_once();
  if (posted) post_mail(waiting);
  auto begin = [client = client_.shared_from_this(), waiting = std::move(waiting),
                posted]() mutable { system_requests(*client).add(std::move(waiting), posted); };
  post_on(client_.serial(), std::move(begin), memory);
}

void system_requests::post_mail(const request& waiting) {
  constexpr bool urgent = true;
  client_.parts().messages.post(std::make_unique<system_mail>(waiting), urgent);
}

void system_requests::add(request waiting, bool posted) {
  if (!waiting->what) return;
  if (client_.gone()) return take(waiting)->fail(errc::aborted);
  client_.parts().messages.add(waiting);
  if (runs_at_once()) return run_all();
  if (client_.state().ended()) return;  // no message is delivered any more
  if (!posted) post_mail(waiting);
  // The present batch of input ends after the callback that is waiting, if there is one.
  for (link* const open : client_.life().open().links()) {
    if (open != nullptr) open->connection().pace(0);
  }
  client_.life().wake();
}

// No callback is running, and none will begin on its own.
bool system_requests::runs_at_once() const noexcept {
  const phase now = client_.state().current_phase();
  return now == phase::idle || now == phase::over || client_.suspended();
}

std::unique_ptr<system_request> system_requests::take(const request& waiting) {
  client_.parts().messages.remove(waiting);
  return std::move(waiting->what);
}

void system_requests::run(const request& waiting) {
  if (!waiting->what) return;
  carry_out(take(waiting));
  if (!client_.suspended()) return;
  handler_changes(client_).make();
  run_all();
}

// The user's code may destroy the client.
void system_requests::run_all() {
  while (runs_at_once()) {
    const request next = client_.parts().messages.first();
    if (!next) return;
    carry_out(take(next));
  }
}

void system_requests::carry_out(std::unique_ptr<system_request> what) {
  const handler_use use(client_);
  if (!use || client_.gone()) return what->fail(errc::aborted);
  what->run();
}

void system_requests::cancel(ticket t) {
  if (const request waiting = client_.parts().messages.find(t))
    take(waiting)->fail(asio::error::operation_aborted);
}

void system_requests::client_ended() {
  if (!client_.gone()) return;
  while (const request next = client_.parts().messages.first()) take(next)->fail(errc::aborted);
}

std::exception_ptr access_failure(std::error_code why) {
  wsx::diagnostics details;
  details.message = operation_failure("access the handler", why);
  return std::make_exception_ptr(system_error(why, std::move(details)));
}

}  // namespace wsx::detail
