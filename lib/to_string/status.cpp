#include "../protocol/display.hpp"
#include "json.hpp"
#include "units.hpp"

#include <wsx/client_status.hpp>
#include <wsx/to_string.hpp>

#include <fmt/chrono.h>

#include <chrono>

// What a client is doing: for people, and for programs.

namespace wsx {

namespace {

constexpr std::size_t most_of_handler = 2000;

double seconds_of(std::chrono::duration<double> time) noexcept {
  return time.count();
}

detail::json_object json_of(const tls_info& tls) {
  detail::json_object all;
  all.add("version", protocol::escape(tls.version)).add("cipher", protocol::escape(tls.cipher));
  all.add("resumed", tls.resumed);
  if (tls.certificate_expiry)
    all.add("certificate_expiry", seconds_of(tls.certificate_expiry->time_since_epoch()));
  return all;
}

detail::json_object json_of(const connection_info& info) {
  detail::json_object all;
  all.add("url", protocol::display_url(info.url)).add("status", info.status);
  all.add("subprotocol", protocol::escape(info.subprotocol)).add("compressed", info.compressed);
  all.add("peer_endpoint", protocol::escape(info.peer_endpoint));
  all.add("local_endpoint", protocol::escape(info.local_endpoint)).add("attempt", info.attempt);
  all.add("number", info.number);
  if (info.deflate) all.add("deflate", to_string(*info.deflate));
  return all;
}

detail::json_object json_of(const close_reason& reason) {
  detail::json_object all;
  all.add("origin", to_string(reason.origin)).add("clean", reason.clean);
  if (reason.code()) all.add("code", static_cast<unsigned>(*reason.code()));
  if (reason.error) all.add("error", protocol::escape(reason.error.message()));
  all.add("text", to_string(reason));
  return all;
}

detail::json_object json_of(const stats& counted) {
  detail::json_object all;
  all.add("messages_received", counted.messages_received);
  all.add("bytes_received", counted.bytes_received).add("frames_sent", counted.frames_sent);
  all.add("bytes_sent", counted.bytes_sent).add("reads", counted.reads);
  all.add("writes", counted.writes).add("connects", counted.connects);
  all.add("replies_dropped", counted.replies_dropped);
  all.add("latency", seconds_of(counted.latency));
  return all;
}

}  // namespace

std::string to_string(const tls_info& tls) {
  detail::members all;
  all.add_quoted("version", tls.version).add_quoted("cipher", tls.cipher);
  all.add("resumed", tls.resumed);
  if (tls.certificate_expiry) {
    const auto when = std::chrono::system_clock::to_time_t(*tls.certificate_expiry);
    all.add("certificate_expiry", fmt::format("{:%FT%TZ}", fmt::gmtime(when)));
  }
  return std::move(all).text();
}

std::string to_string(const client_status& status) {
  detail::members all;
  all.add("phase", to_string(status.phase)).add("since", detail::ms_of(status.since));
  if (!status.url.empty()) all.add("url", status.url);
  all.add("attempt", status.attempt);
  if (status.connection) all.add("connection", to_string(*status.connection));
  if (status.tls) all.add("tls", to_string(*status.tls));
  if (status.last_end) all.add("last_end", to_string(*status.last_end));
  all.add("mailbox", status.mailbox).add("senders", status.senders);
  all.add("queued_bytes", status.queued_bytes).add("reply_bytes", status.reply_bytes);
  all.add("stats", to_string(status.stats));
  if (!status.handler.empty())
    all.add("handler", protocol::escape(status.handler, most_of_handler));
  return std::move(all).text();
}

std::string to_json(const client_status& status) {
  detail::json_object all;
  all.add("phase", to_string(status.phase)).add("since", seconds_of(status.since));
  if (!status.url.empty()) all.add("url", status.url);
  all.add("attempt", status.attempt);
  if (status.connection) all.add("connection", json_of(*status.connection));
  if (status.tls) all.add("tls", json_of(*status.tls));
  if (status.last_end) all.add("last_end", json_of(*status.last_end));
  all.add("mailbox", status.mailbox).add("senders", status.senders);
  all.add("queued_bytes", status.queued_bytes).add("reply_bytes", status.reply_bytes);
  all.add("stats", json_of(status.stats));
  if (!status.handler.empty())
    all.add("handler", protocol::escape(status.handler, most_of_handler));
  return std::move(all).text();
}

}  // namespace wsx
