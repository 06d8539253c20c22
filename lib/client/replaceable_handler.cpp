#include "engine.hpp"
#include "failure_text.hpp"
#include "handler_changes.hpp"
#include "later_version.hpp"

#include <wsx/detail/replaceable_handler.hpp>
#include <wsx/error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace wsx::detail {

namespace {

handler_changes changes_of(callback_context& client) noexcept {
  return handler_changes(static_cast<engine&>(client));
}

std::error_code code_of(const std::exception_ptr& what) {
  try {
    std::rethrow_exception(what);
  } catch (const std::system_error& e) {
    if (e.code()) return e.code();
  } catch (...) {}
  return errc::code_change_failed;
}

}  // namespace

protocol::reception replaceable_handler::reception() const noexcept {
  return current().reception();
}

bool replaceable_handler::receives_async() const noexcept {
  return current().receives_async();
}

void replaceable_handler::receive(callback_context& client, protocol::incoming& input) {
  if (waits_) changes_of(client).make_after_batch();
  current().receive(client, input);
}

asio::awaitable<void> replaceable_handler::receive_async(callback_context& client,
                                                         protocol::incoming& input) {
  if (waits_) changes_of(client).make_after_batch();
  return current().receive_async(client, input);
}

asio::awaitable<void> replaceable_handler::init(callback_context& client,
                                                const connection_info& info) {
  return current().init(client, info);
}

asio::awaitable<void> replaceable_handler::handle_connect(callback_context& client,
                                                          const connection_info& info) {
  return current().handle_connect(client, info);
}

// The message whose end a change waits for has ended with its connection.
asio::awaitable<void> replaceable_handler::handle_disconnect(callback_context& client,
                                                             const disconnect& what) {
  changes_of(client).make();
  if (client.stopped()) return {};
  return current().handle_disconnect(client, what);
}

asio::awaitable<void> replaceable_handler::terminate(callback_context& client,
                                                     const close_reason& reason) {
  return current().terminate(client, reason);
}

std::string replaceable_handler::format_status() const {
  return current().format_status();
}

event_set replaceable_handler::events() const noexcept {
  return current().events();
}

void replaceable_handler::handle_event(any_event e) {
  current().handle_event(e);
}

void replaceable_handler::add(asked change) {
  asked_.push_back(std::move(change));
}

void replaceable_handler::change_now(callback_context& client, inputs open) {
  waits_ = false;
  while (!asked_.empty()) {
    waits_ = must_wait(*asked_.front().change, open);
    if (waits_) return;
    asked next = std::move(asked_.front());
    asked_.erase(asked_.begin());
    const std::error_code error = make(client, next, open);
    next.change.reset();
    next.done(error);
  }
}

// A part of a message that one handler has received in fragments is lost on another, and what has
// been assembled can't be given out in fragments any more.
bool replaceable_handler::must_wait(const handler_change& change, inputs open) const noexcept {
  if (!handler_access::info(handler_).in_fragments && !change.to().in_fragments) return false;
  bool waits = false;
  for (protocol::incoming* const each : open) waits = each->pause_after_message() || waits;
  return waits;
}

std::error_code replaceable_handler::make(callback_context& client, const asked& change,
                                          inputs open) {
  const std::string_view from = handler_.version();
  const std::string_view to = change.change->to().version;
  try {
    wsx::any_handler next = change.change->make(handler_, {from, is_later(from, to)});
    handler_access::swap(handler_, next);
    for (protocol::incoming* const each : open) each->accept(reception());
    static_cast<engine&>(client).parts().events.handler_replaced(client, from, to);
    return {};
  } catch (...) {
    const auto what = std::current_exception();
    const std::error_code error = code_of(what);
    if (change.details != nullptr) change.details->message = change_failure(from, to, error, what);
    return error;
  }
}

void replaceable_handler::cancel(ticket t, std::error_code canceled) {
  const auto found = std::ranges::find(asked_, t, &asked::number);
  if (found == asked_.end()) return;
  asked withdrawn = std::move(*found);
  asked_.erase(found);
  withdrawn.done(canceled);
}

void replaceable_handler::fail(std::error_code error) {
  auto all = std::exchange(asked_, {});
  for (asked& each : all) each.done(error);
}

// What is destroyed may own the owner of this.
void replaceable_handler::drop() noexcept {
  const auto dropped = std::exchange(asked_, {});
}

std::string saved_state(const wsx::any_handler& old, std::string_view to) {
  const auto save = handler_access::info(old).save;
  if (save == nullptr) throw std::system_error(errc::state_not_taken);
  return save(handler_access::object(old), to);
}

}  // namespace wsx::detail
