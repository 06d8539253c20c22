#include "../protocol/display.hpp"
#include "units.hpp"

#include <wsx/client.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/to_string.hpp>

#include <fmt/format.h>

// How something ended, in one sentence.

namespace wsx {

namespace {

std::string closed_by(const close_reason& reason) {
  const bool local = reason.origin == close_origin::local;
  const std::string by = local ? "closed by this side" : "closed by the server";
  if (reason.code()) return by + ": " + detail::code_and_reason(*reason.code(), reason.text);
  return by + ", without a code";
}

void append(std::string& list, std::string_view what) {
  if (what.empty()) return;
  if (!list.empty()) list += ", ";
  list += what;
}

}  // namespace

std::string to_string(const close_reason& reason) {
  if (!reason.diagnostics.message.empty()) return reason.diagnostics.message;
  const bool by_close = reason.origin != close_origin::error && (!reason.error || reason.code());
  std::string sentence = by_close ? closed_by(reason) : std::string();
  if (reason.error) append(sentence, reason.error.message());
  if (reason.exception) sentence += ": " + detail::thrown(reason.exception);
  return sentence.empty() ? "ended for an unknown cause" : sentence;
}

std::string to_string(const diagnostics& known) {
  if (!known.message.empty()) return known.message;
  std::string list;
  append(list, detail::status_of(known));
  append(list, known.detail);
  if (list.empty() && known.host.empty()) return "nothing is known";
  std::string where = to_string(known.stage);
  if (!known.host.empty()) where += ", " + protocol::escape(known.host);
  return list.empty() ? where : where + ": " + list;
}

std::string to_string(const disconnect& what) {
  auto text = fmt::format("{}; attempt {}", to_string(what.reason), what.attempt);
  if (what.uptime.count() > 0) text += ", open for " + detail::ms_of(what.uptime);
  return text;
}

std::string to_string(const down& what) {
  return fmt::format("monitor {}: {}", what.monitor, to_string(what.reason));
}

std::string to_string(const signal& what) {
  return fmt::format("signal {}", what.number);
}

std::string to_string(const tried_address& tried) {
  const auto cause = tried.error ? tried.error.message() : std::string("no error");
  const auto option = tried.option.empty() ? "" : protocol::escape(tried.option) + ": ";
  return fmt::format("{}: {}{}", protocol::escape(tried.endpoint), option, cause);
}

std::string to_string(const io_result& result) {
  const auto bytes = detail::bytes_of(result.bytes);
  return result.error ? bytes + ", " + result.error.message() : bytes;
}

std::string to_string(const disconnect_decision& decision) {
  if (!decision.reconnects()) return "stop";
  std::string text = "reconnect";
  if (decision.target()) text += " to " + to_string(*decision.target());
  if (decision.delay().count() > 0) text += " after " + detail::ms_of(decision.delay());
  return text;
}

}  // namespace wsx
