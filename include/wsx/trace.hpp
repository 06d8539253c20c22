#pragma once

#include <wsx/config.hpp>

#include <wsx/event.hpp>
#include <wsx/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace wsx {

/// Receives a line per event, without a line end. It is called on the client's strand. An exception
/// of it is ignored, and switches that trace off.
using trace_sink = std::function<void(std::string_view line)>;

/// What the lines of a trace show. Secrets of URLs and headers never appear in them. Text of the
/// server and the user is escaped, and its length is bounded.
struct trace_options {
  trace_options() = default;

  /// Whether to show the payloads of messages, pings and pongs, which may be secrets, too.
  bool payloads = false;

  /// How many characters of a payload are shown, escapes included.
  std::size_t max_payload = 80;
};

/// What a client has done since `basic_client::collect_statistics`.
struct trace_statistics {
  std::chrono::system_clock::time_point since{};
  std::uint64_t messages_received = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t bytes_received = 0;  ///< from the transport, frame headers included
  std::uint64_t bytes_sent = 0;      ///< handed to the transport, frame headers included
  std::uint64_t reconnects = 0;      ///< connections opened, but for the client's first
  std::uint64_t callbacks = 0;       ///< called
};

namespace event {

/// The line of a trace: "received text, 17 bytes". Its words are not part of the interface: any
/// version may change them.
WSX_API std::string to_string(const attempt_started& e, const trace_options& how = {});
WSX_API std::string to_string(const attempt_failed& e, const trace_options& how = {});
WSX_API std::string to_string(const connected& e, const trace_options& how = {});
WSX_API std::string to_string(const closing& e, const trace_options& how = {});
WSX_API std::string to_string(const disconnected& e, const trace_options& how = {});
WSX_API std::string to_string(const frame_sent& e, const trace_options& how = {});
WSX_API std::string to_string(const frame_received& e, const trace_options& how = {});
WSX_API std::string to_string(const queue_full& e, const trace_options& how = {});
WSX_API std::string to_string(const keepalive_answered& e, const trace_options& how = {});
WSX_API std::string to_string(const reconnect_scheduled& e, const trace_options& how = {});
WSX_API std::string to_string(const handler_replaced& e, const trace_options& how = {});
WSX_API std::string to_string(const suspended& e, const trace_options& how = {});
WSX_API std::string to_string(const resumed& e, const trace_options& how = {});
WSX_API std::string to_string(const terminated& e, const trace_options& how = {});

}  // namespace event

}  // namespace wsx
