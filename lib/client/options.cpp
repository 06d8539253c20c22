#include "../protocol/display.hpp"
#include "../transport/proxy/choice.hpp"

#include <wsx/error.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/outbox.hpp>

#include <asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace wsx {

namespace {

// The option itself has no upper bound.
constexpr std::int64_t unlimited = INT64_MAX;

// Longer durations could overflow the clock's ticks.
constexpr std::int64_t longest = std::chrono::milliseconds(std::chrono::hours(24 * 365)).count();

struct ranged {
  std::string_view name{};
  std::string_view unit{};
  std::int64_t least = 0;
  std::int64_t most = unlimited;
  std::int64_t value = 0;  // sizes of 2^63 bytes and more become `unlimited`
};

ranged timeout(std::string_view name, std::chrono::milliseconds value, std::int64_t least = 1) {
  return {name, " ms", least, longest, value.count()};
}

std::int64_t bounded(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min(value, static_cast<std::uint64_t>(unlimited)));
}

ranged size(std::string_view name, std::uint64_t value, std::int64_t most = unlimited) {
  return {name, {}, 1, most, bounded(value)};
}

// A size that a system call takes as an int; 0 is the system's.
ranged buffer(std::string_view name, std::uint64_t value) {
  ranged result = size(name, value, INT32_MAX);
  result.least = 0;
  return result;
}

ranged number(std::string_view name, int value, int least, int most) {
  return {name, {}, least, most, value};
}

std::string describe(const ranged& o) {
  const auto text = [&o](std::int64_t value) { return std::to_string(value).append(o.unit); };
  const std::string range = o.most == unlimited ? "at least " + text(o.least)
                                                : std::to_string(o.least) + " to " + text(o.most);
  return std::string(o.name) + " is " + text(o.value) + ", it must be " + range;
}

std::error_code check_socket(const socket_options& o, std::string& what) {
  std::error_code error;
  if (!o.local_address.empty()) asio::ip::make_address(o.local_address, error);
  if (error)
    what = "dial.socket.local_address is " + protocol::quote(o.local_address) +
           ", it must be an IP address";
  if (error) return errc::invalid_option;
  const std::string& name = o.interface_name;
  if (name.empty()) return {};
#if defined(__linux__)
  constexpr std::size_t longest_name = 15;  // IFNAMSIZ without the NUL. Linux would cut it
  if (name.size() <= longest_name && name.find('\0') == std::string::npos) return {};
  what = "dial.socket.interface_name is " + protocol::quote(name) +
         ", it must be a name of at most 15 bytes";
#else
  what = "dial.socket.interface_name is " + protocol::quote(name) + ", which this system can't do";
#endif
  return errc::invalid_option;
}

}  // namespace

std::error_code check_options(const options& o, std::string& what) {
  constexpr std::int64_t largest_queue = std::int64_t{1} << 40;
  const deflate_options deflate = o.deflate.value_or(deflate_options());
  const reconnect_options reconnect = o.reconnect.value_or(reconnect_options());
  const socket_options& socket = o.dial.socket;
  const tcp_keepalive keepalive = socket.keepalive.value_or(tcp_keepalive());
  const std::array<ranged, 34> all{{
      timeout("connect_timeout", o.connect_timeout),
      timeout("dial.address_timeout", o.dial.address_timeout, 0),
      {"dial.max_redirects", {}, 0, 32, bounded(o.dial.max_redirects)},
      {"dial.socket.keepalive.idle", " s", 1, 32'767, keepalive.idle.count()},
      {"dial.socket.keepalive.interval", " s", 1, 32'767, keepalive.interval.count()},
      number("dial.socket.keepalive.count", keepalive.count, 1, 127),
      buffer("dial.socket.receive_buffer", socket.receive_buffer),
      buffer("dial.socket.send_buffer", socket.send_buffer),
      number("dial.socket.type_of_service", socket.type_of_service, 0, 255),
      timeout("handshake_timeout", o.handshake_timeout),
      timeout("close_timeout", o.close_timeout),
      timeout("ping_interval", o.ping_interval, 0),
      timeout("ping_timeout", o.ping_timeout),
      timeout("data_timeout", o.data_timeout, 0),
      timeout("max_connection_age", o.max_connection_age, 0),
      {"max_connection_age_jitter", " ms", 0, o.max_connection_age.count(),
       o.max_connection_age_jitter.count()},
      timeout("heartbeat.interval", o.heartbeat.interval(), o.heartbeat ? 1 : 0),
      timeout("reconnect.delay.initial", reconnect.delay.initial, 0),
      timeout("reconnect.delay.max", reconnect.delay.max, 0),
      timeout("reconnect.reset_after", reconnect.reset_after, 0),
      timeout("reconnect.max_time", reconnect.max_time, 0),
      size("max_message_size", o.max_message_size),
      size("max_frame_size", o.max_frame_size),
      size("max_fragments", o.max_fragments),
      size("max_head_size", o.max_head_size),
      size("max_headers", o.max_headers),
      size("send_queue_size", o.send_queue_size, largest_queue),
      size("max_reply_bytes", o.max_reply_bytes, protocol::outbox::most_staged),
      size("mailbox_size", o.mailbox_size),
      {"max_turn", " us", 0, 1'000'000, o.max_turn.count()},
      number("deflate.level", deflate.level, 0, 9),
      number("deflate.memory_level", deflate.memory_level, 1, 9),
      number("deflate.server_max_window_bits", deflate.server_max_window_bits, 8, 15),
      number("deflate.client_max_window_bits", deflate.client_max_window_bits, 8, 15),
  }};
  for (const ranged& option : all) {
    if (option.least <= option.value && option.value <= option.most) continue;
    what = describe(option);
    return errc::invalid_option;
  }
  if (const auto error = check_proxy(o.dial.proxy, what)) return error;
  if (const auto error = check_socket(socket, what)) return error;
  if (reconnect.delay.factor >= 1.0) return {};  // it may be no number
  what =
      fmt::format("reconnect.delay.factor is {:g}, it must be at least 1", reconnect.delay.factor);
  return errc::invalid_option;
}

}  // namespace wsx
