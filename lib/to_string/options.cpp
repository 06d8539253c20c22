#include "../protocol/display.hpp"
#include "units.hpp"

#include <wsx/deflate_options.hpp>
#include <wsx/options.hpp>
#include <wsx/proxy_options.hpp>
#include <wsx/reconnect_options.hpp>
#include <wsx/socket_options.hpp>
#include <wsx/stats.hpp>
#include <wsx/tls_options.hpp>
#include <wsx/to_string.hpp>

#include <fmt/format.h>

// Every member of each type: a structured binding does not compile when one is added.

namespace wsx {

std::string to_string(const backoff_options& o) {
  const auto& [initial, max, factor] = o;
  detail::members all;
  all.add("initial", detail::ms_of(initial)).add("max", detail::ms_of(max));
  all.add("factor", fmt::format("{}", factor));
  return std::move(all).text();
}

std::string to_string(const dial_options& o) {
  const auto& [budget, prepare, drop_fragment, cookies, redirects, address, resolver, proxy,
               socket] = o;
  detail::members all;
  all.add("budget", budget != nullptr);
  all.add("prepare", static_cast<bool>(prepare)).add("drop_fragment", drop_fragment);
  all.add("cookies", cookies != nullptr);
  all.add("max_redirects", redirects);
  all.add("address_timeout", detail::ms_of(address)).add("resolver", resolver != nullptr);
  all.add("proxy", to_string(proxy)).add("socket", to_string(socket));
  return std::move(all).text();
}

// The URL is shown without what is before its "@".
std::string to_string(const proxy_options& o) {
  const auto& [url, no_proxy, from_environment, tls] = o;
  detail::members all;
  all.add_quoted("url", url.empty() ? url : protocol::display_url(url));
  all.add_quoted("no_proxy", no_proxy).add("from_environment", from_environment);
  all.add("tls", tls ? to_string(*tls) : "none");
  return std::move(all).text();
}

std::string to_string(const tcp_keepalive& o) {
  const auto& [idle, interval, count] = o;
  detail::members all;
  all.add("idle", fmt::format("{} s", idle.count()));
  all.add("interval", fmt::format("{} s", interval.count())).add("count", count);
  return std::move(all).text();
}

std::string to_string(const socket_options& o) {
  const auto& [no_delay, keepalive, receive, send, local_address, interface_name, service, before,
               after] = o;
  detail::members all;
  all.add("no_delay", no_delay).add("keepalive", keepalive ? to_string(*keepalive) : "none");
  all.add("receive_buffer", receive).add("send_buffer", send);
  all.add_quoted("local_address", local_address).add_quoted("interface_name", interface_name);
  all.add("type_of_service", service);
  all.add("before_connect", static_cast<bool>(before));
  all.add("after_connect", static_cast<bool>(after));
  return std::move(all).text();
}

std::string to_string(const reconnect_options& o) {
  const auto& [delay, reset_after, max_attempts, max_time] = o;
  detail::members all;
  all.add("delay", to_string(delay)).add("reset_after", detail::ms_of(reset_after));
  all.add("max_attempts", max_attempts).add("max_time", detail::ms_of(max_time));
  return std::move(all).text();
}

std::string to_string(const deflate_options& o) {
  const auto& [level, memory_level, server_bits, client_bits, server_alone, client_alone, required,
               threshold, release] = o;
  detail::members all;
  all.add("level", level).add("memory_level", memory_level);
  all.add("server_max_window_bits", server_bits).add("client_max_window_bits", client_bits);
  all.add("server_no_context_takeover", server_alone);
  all.add("client_no_context_takeover", client_alone);
  all.add("require_server_limits", required).add("threshold", threshold);
  all.add("release_when_idle", release);
  return std::move(all).text();
}

std::string to_string(const deflate_parameters& agreed) {
  const auto& [server_alone, client_alone, server_bits, client_bits] = agreed;
  detail::members all;
  all.add("server_no_context_takeover", server_alone);
  all.add("client_no_context_takeover", client_alone);
  all.add("server_max_window_bits", server_bits).add("client_max_window_bits", client_bits);
  return std::move(all).text();
}

std::string to_string(const tls_options& o) {
  const auto& [verify, ca_file, ca_path, ca_pem, ca_der, partial_chain, pins, certificate,
               min_version, max_version, ciphers, suites, alpn, server_name, share, resume, key_log,
               configure] = o;
  detail::members all;
  all.add("verify", verify).add_quoted("ca_file", ca_file).add_quoted("ca_path", ca_path);
  all.add("ca_pem", detail::bytes_of(ca_pem.size()));
  all.add("ca_der", ca_der.size());
  all.add("partial_chain", partial_chain).add("pins", pins.size());
  all.add("certificate", certificate != tls_client_certificate());
  all.add("min_version", to_string(min_version)).add("max_version", to_string(max_version));
  all.add_quoted("ciphers", ciphers).add_quoted("cipher_suites", suites).add("alpn", alpn.size());
  all.add_quoted("server_name", server_name).add("share", share != nullptr).add("resume", resume);
  all.add_quoted("key_log_file", key_log).add("configure", static_cast<bool>(configure));
  return std::move(all).text();
}

std::string to_string(const options& o) {
  const auto& [tls, deflate, dial, connect, handshake, close, ping_interval, ping, data, age,
               jitter, beat, message_size, frame_size, fragments, head_size, headers, queue,
               replies, mailbox, turn, drop, reconnect, first_failure, exception] = o;
  detail::members all;
  all.add("tls", to_string(tls)).add("deflate", deflate ? to_string(*deflate) : "none");
  all.add("dial", to_string(dial));
  all.add("connect_timeout", detail::ms_of(connect));
  all.add("handshake_timeout", detail::ms_of(handshake));
  all.add("close_timeout", detail::ms_of(close));
  all.add("ping_interval", detail::ms_of(ping_interval)).add("ping_timeout", detail::ms_of(ping));
  all.add("data_timeout", detail::ms_of(data));
  all.add("max_connection_age", detail::ms_of(age));
  all.add("max_connection_age_jitter", detail::ms_of(jitter));
  all.add("heartbeat", beat ? "every " + detail::ms_of(beat.interval()) : "none");
  all.add("max_message_size", message_size).add("max_frame_size", frame_size);
  all.add("max_fragments", fragments).add("max_head_size", head_size).add("max_headers", headers);
  all.add("send_queue_size", queue).add("max_reply_bytes", replies).add("mailbox_size", mailbox);
  all.add("max_turn", detail::us_of(turn));
  all.add("drop_unsent_on_disconnect", drop);
  all.add("reconnect", reconnect ? to_string(*reconnect) : "none");
  all.add("handle_first_failure", first_failure);
  all.add("reconnect_after_exception", exception);
  return std::move(all).text();
}

std::string to_string(const stats& counted) {
  const auto& [messages, bytes_in, frames, bytes_out, reads, writes, connects, dropped, latency] =
      counted;
  detail::members all;
  all.add("messages_received", messages).add("bytes_received", bytes_in);
  all.add("frames_sent", frames).add("bytes_sent", bytes_out);
  all.add("reads", reads).add("writes", writes).add("connects", connects);
  all.add("replies_dropped", dropped);
  all.add("latency", detail::us_of(latency));
  return std::move(all).text();
}

}  // namespace wsx
