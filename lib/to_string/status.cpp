#include "../protocol/display.hpp"
#include "json.hpp"
#include "units.hpp"

#include <wsx/client_status.hpp>
#include <wsx/to_string.hpp>

#include <fmt/chrono.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

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
  if (!tls.alpn.empty()) all.add("alpn", protocol::escape(tls.alpn));
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
  if (!tls.alpn.empty()) all.add_quoted("alpn", tls.alpn);
  all.add("resumed", tls.resumed);
  if (tls.certificate_expiry) {
    const auto when = std::chrono::system_clock::to_time_t(*tls.certificate_expiry);
    all.add("certificate_expiry", fmt::format("{:%FT%TZ}", fmt::gmtime(when)));
  }
  return std::move(all).text();
}

namespace {

// The same members for people and for programs.
struct text_writer {
  detail::members all{};

  template <class T>
  void add(std::string_view name, const T& value) {
    all.add(name, value);
  }
  void add_time(std::string_view name, std::chrono::nanoseconds time) {
    all.add(name, detail::ms_of(time));
  }
  template <class T>
  void add_object(std::string_view name, const T& value) {
    all.add(name, to_string(value));
  }
};

struct json_writer {
  detail::json_object all{};

  template <class T>
  void add(std::string_view name, const T& value) {
    all.add(name, value);
  }
  void add_time(std::string_view name, std::chrono::nanoseconds time) {
    all.add(name, seconds_of(time));
  }
  template <class T>
  void add_object(std::string_view name, const T& value) {
    all.add(name, json_of(value));
  }
};

template <class Writer>
std::string written(const client_status& status) {
  Writer to;
  to.add("phase", to_string(status.phase));
  to.add("suspended", status.suspended);
  to.add_time("since", status.since);
  if (!status.url.empty()) to.add("url", status.url);
  to.add("attempt", status.attempt);
  if (status.connection) to.add_object("connection", *status.connection);
  if (status.tls) to.add_object("tls", *status.tls);
  if (status.last_end) to.add_object("last_end", *status.last_end);
  to.add("mailbox", status.mailbox);
  to.add("senders", status.senders);
  to.add("queued_bytes", status.queued_bytes);
  to.add("reply_bytes", status.reply_bytes);
  to.add_object("stats", status.stats);
  to.add("modules", status.modules);
  if (!status.handler.empty()) to.add("handler", protocol::escape(status.handler, most_of_handler));
  return std::move(to.all).text();
}

}  // namespace

std::string to_string(const client_status& status) {
  return written<text_writer>(status);
}

std::string to_json(const client_status& status) {
  return written<json_writer>(status);
}

}  // namespace wsx
