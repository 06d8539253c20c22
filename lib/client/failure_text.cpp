#include "failure_text.hpp"

#include "../protocol/display.hpp"
#include "../to_string/units.hpp"

#include <wsx/error.hpp>

#include <asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wsx::detail {

namespace {

using protocol::quote;

std::string in_seconds(std::chrono::milliseconds time) {
  return fmt::format("{:g} s", std::chrono::duration<double>(time).count());
}

bool is_ours(std::error_code error) {
  return error.category() == error_category();
}

// Returns what an attempt was doing when it failed.
std::string_view doing(connect_stage stage) noexcept {
  switch (stage) {
    case connect_stage::checking: return "checking the request";
    case connect_stage::preparing: return "preparing the request";
    case connect_stage::resolving: return "resolving the name";
    case connect_stage::connecting: return "connecting";
    case connect_stage::proxy: return "waiting for the proxy's answer";
    case connect_stage::tls: return "TLS handshake";
    case connect_stage::handshake: return "opening handshake";
    case connect_stage::open: return "after it was open";
  }
  return {};
}

std::string why(const tried_address& each) {
  return each.option.empty() ? each.error.message() : each.option + ": " + each.error.message();
}

std::string all_tried(const diagnostics& known) {
  const auto& tried = known.tried;
  const auto& target = known.proxy.empty() ? known.host : known.proxy;
  if (tried.size() == 1 && tried.front().endpoint == target) return why(tried.front());
  std::string list;
  for (const auto& each : tried) {
    if (!list.empty()) list += ", ";
    list += each.endpoint + ": " + why(each);
  }
  return list;
}

std::string with_detail(std::string text, std::string_view detail) {
  if (!detail.empty()) text.append(": ").append(detail);
  return text;
}

std::string wait_of(const diagnostics& known) {
  return known.retry_after ? fmt::format(" (try again in {} s)", known.retry_after->count()) : "";
}

// Describes an error of the system, at any stage.
std::string system_cause(std::error_code error, const diagnostics& known) {
  if (known.stage == connect_stage::connecting && !known.tried.empty()) return all_tried(known);
  const bool tells =
      known.stage == connect_stage::preparing || known.stage == connect_stage::resolving;
  const bool said = tells && !known.detail.empty();
  return fmt::format("{}: {}", doing(known.stage), said ? known.detail : error.message());
}

std::string timeout_cause(std::string_view option, std::chrono::milliseconds time,
                          const diagnostics& known) {
  std::string text =
      fmt::format("{}: not finished within {} ({})", doing(known.stage), in_seconds(time), option);
  const bool tells_more = std::ranges::any_of(
      known.tried, [](const auto& each) { return each.error != asio::error::timed_out; });
  if (tells_more) text += "; " + all_tried(known);
  return text;
}

std::string connect_cause(std::error_code error, const diagnostics& known, const options& o) {
  if (!is_ours(error)) return system_cause(error, known);
  switch (static_cast<errc>(error.value())) {
    case errc::refused:
    case errc::refused_for_now: return with_detail(status_of(known), known.detail) + wait_of(known);
    case errc::connect_timeout: return timeout_cause("connect_timeout", o.connect_timeout, known);
    case errc::handshake_timeout:
      return timeout_cause("handshake_timeout", o.handshake_timeout, known);
    case errc::internal_failure:
    case errc::prepare_failed:
    case errc::tls_handshake_failed: return with_detail(error.message(), known.detail);
    case errc::aborted: return "the client was closed or aborted meanwhile";
    default: return known.detail.empty() ? error.message() : known.detail;
  }
}

std::string failure_cause(const close_reason& reason, const options& o) {
  if (reason.error == errc::ping_timeout)
    return fmt::format("the server did not answer a ping within {} (ping_timeout)",
                       in_seconds(o.ping_timeout));
  if (reason.error == errc::peer_not_reading)
    return fmt::format("the server read none of the replies for {} (ping_timeout)",
                       in_seconds(o.ping_timeout));
  if (reason.error == errc::data_timeout)
    return fmt::format("the server sent no message for {} (data_timeout)",
                       in_seconds(o.data_timeout));
  std::string text = reason.error.message();
  if (reason.exception) text = with_detail(std::move(text), thrown(reason.exception));
  return with_detail(std::move(text), reason.diagnostics.detail);
}

std::string how_it_ended(const close_reason& reason, const options& o) {
  if (reason.error == errc::aborted) return "was aborted by this side";
  if (reason.error == errc::close_timeout)
    return "was closed by this side, and the server did not end it within " +
           in_seconds(o.close_timeout) + " (close_timeout)";
  if (reason.error == errc::connection_dropped)
    return with_detail("ended without a Close frame", reason.diagnostics.detail);
  if (reason.error) return "failed: " + failure_cause(reason, o);
  const bool local = reason.origin == close_origin::local;
  return (local ? "was closed by this side: " : "was closed by the server: ") +
         code_and_reason(reason.code().value(), reason.text);
}

// There may be no memory for the text.
template <class Make>
std::string or_nothing(Make make) noexcept {
  try {
    return make();
  } catch (...) {
    return {};
  }
}

}  // namespace

std::string connect_failure(std::error_code error, const diagnostics& known, const options& o,
                            std::string_view url) noexcept {
  return or_nothing([&] {
    const auto whom = known.host.empty() ? quote(protocol::display_url(url)) : known.host;
    const auto by = known.proxy.empty() ? "" : " through the proxy " + known.proxy;
    return "cannot connect to " + whom + by + ": " + connect_cause(error, known, o);
  });
}

std::string end_of_connection(const close_reason& reason, const options& o) noexcept {
  return or_nothing([&] {
    const auto& host = reason.diagnostics.host;
    const bool was_open = reason.diagnostics.stage == connect_stage::open && !host.empty();
    const std::string subject = was_open ? "the connection to " + host : "the client";
    return subject + ' ' + how_it_ended(reason, o);
  });
}

std::string operation_failure(std::string_view operation, std::error_code error) noexcept {
  return or_nothing([&] { return fmt::format("cannot {}: {}", operation, error.message()); });
}

std::string change_failure(std::string_view from, std::string_view to, std::error_code error,
                           const std::exception_ptr& what) noexcept {
  return or_nothing([&] {
    const bool says_more = error == errc::code_change_failed;
    return fmt::format("cannot change the handler from version {} to version {}: {}", quote(from),
                       quote(to),
                       says_more ? with_detail(error.message(), thrown(what)) : thrown(what));
  });
}

}  // namespace wsx::detail
