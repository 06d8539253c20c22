#include "ending.hpp"

#include "failure_text.hpp"

#include <wsx/error.hpp>
#include <wsx/url.hpp>

#include <new>
#include <utility>

namespace wsx::detail {

std::error_code ending::error() const noexcept {
  if (reason().normal()) return {};
  return reason().error ? reason().error : make_error_code(errc::closed_abnormally);
}

std::error_code ending::unsent_error() const noexcept {
  return reason().error == errc::aborted ? errc::aborted : errc::connection_dropped;
}

void ending::attempt_failed(close_reason how, diagnostics known, const options& o,
                            std::string_view url) noexcept {
  close_reason* const reason = set(std::move(how));
  if (reason == nullptr) return;
  reason->diagnostics = std::move(known);
  explain(*reason, [&] { return connect_failure(reason->error, reason->diagnostics, o, url); });
}

void ending::connection_ended(close_reason how, const options& o, std::string_view url) noexcept {
  close_reason* const reason = set(std::move(how));
  if (reason == nullptr) return;
  try {
    auto& d = reason->diagnostics;
    d.stage = connect_stage::open;
    if (wsx::url to; d.host.empty() && !parse_url(url, to)) d.host = to.host_and_port();
  } catch (const std::bad_alloc&) {}
  explain(*reason, [&] { return end_of_connection(*reason, o); });
}

void ending::client_ended(close_reason how, const options& o) noexcept {
  close_reason* const reason = set(std::move(how));
  if (reason != nullptr) explain(*reason, [&] { return end_of_connection(*reason, o); });
}

void ending::callback_failed(std::exception_ptr what, const options& o) noexcept {
  if (reason().exception) return;
  close_reason* const reason = change();
  if (reason == nullptr) return;
  reason->origin = close_origin::error;
  reason->error = errc::handler_failed;
  reason->exception = std::move(what);
  reason->diagnostics.message.clear();
  reason->diagnostics.detail.clear();  // it was about the disconnect that the callback handled
  explain(*reason, [&] { return end_of_connection(*reason, o); });
}

// Null if there is no memory for it.
close_reason* ending::change() noexcept {
  unsaid_ = false;
  try {
    return &reason_.change();
  } catch (const std::bad_alloc&) {
    unsaid_ = true;
    return nullptr;
  }
}

close_reason* ending::set(close_reason how) noexcept {
  close_reason* const reason = change();
  if (reason != nullptr) *reason = std::move(how);
  return reason;
}

const close_reason& ending::out_of_memory() noexcept {
  static const close_reason reason = crashed({});
  return reason;
}

// Omitted if memory has run out: `system_error` then has the error's own text.
template <class Text>
void ending::explain(close_reason& reason, Text text) noexcept {
  if (reason.normal() || !reason.diagnostics.message.empty()) return;
  try {
    reason.diagnostics.message = text();
  } catch (const std::bad_alloc&) {}
}

diagnostics ending::details_for_connect(std::error_code error, const options& o,
                                        std::string_view url) const {
  diagnostics details = reason().diagnostics;
  if (details.message.empty()) details.message = connect_failure(error, details, o, url);
  return details;
}

close_reason ending::aborted() {
  close_reason reason = closed();
  reason.error = errc::aborted;
  return reason;
}

close_reason ending::closed() {
  close_reason reason;
  reason.origin = close_origin::local;
  return reason;
}

close_reason ending::crashed(std::exception_ptr what) {
  close_reason reason;
  reason.error = errc::internal_failure;
  reason.exception = std::move(what);
  return reason;
}

}  // namespace wsx::detail
