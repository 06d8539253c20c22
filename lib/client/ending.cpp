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
                            std::string_view url) {
  close_reason& reason = reason_.change();
  reason = std::move(how);
  reason.diagnostics = std::move(known);
  if (!reason.normal())
    reason.diagnostics.message = connect_failure(reason.error, reason.diagnostics, o, url);
}

void ending::connection_ended(close_reason how, const options& o, std::string_view url) {
  reason_.change() = std::move(how);
  try {
    auto& d = reason_.change().diagnostics;
    d.stage = connect_stage::open;
    if (wsx::url to; d.host.empty() && !parse_url(url, to)) d.host = to.host_and_port();
  } catch (const std::bad_alloc&) {}
  explain(o);
}

void ending::client_ended(close_reason how, const options& o) {
  reason_.change() = std::move(how);
  explain(o);
}

void ending::callback_failed(std::exception_ptr what, const options& o) {
  if (reason().exception) return;
  close_reason& reason = reason_.change();
  reason.origin = close_origin::error;
  reason.error = errc::handler_failed;
  reason.exception = std::move(what);
  reason.diagnostics.message.clear();
  reason.diagnostics.detail.clear();  // it was about the disconnect that the callback handled
  explain(o);
}

// Omitted if memory has run out: `system_error` then has the error's own text.
void ending::explain(const options& o) noexcept {
  if (reason().normal() || !reason().diagnostics.message.empty()) return;
  try {
    reason_.change().diagnostics.message = end_of_connection(reason(), o);
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
