#include <wsx/error.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/outbox.hpp>

#include <array>
#include <utility>

namespace wsx {

namespace {

// Longer ones would overflow the clock's ticks sooner or later.
bool is_timeout(std::chrono::milliseconds time) noexcept {
  return time.count() > 0 && time <= std::chrono::hours(24 * 365);
}

bool is_within(int value, int least, int most) noexcept {
  return least <= value && value <= most;
}

}  // namespace

std::error_code check_options(const options& o, std::string& what) {
  const deflate_options deflate = o.deflate.value_or(deflate_options());
  const std::array<std::pair<bool, const char*>, 19> checks{{
      {is_timeout(o.connect_timeout), "connect_timeout"},
      {is_timeout(o.handshake_timeout), "handshake_timeout"},
      {is_timeout(o.close_timeout), "close_timeout"},
      {o.ping_interval.count() == 0 || is_timeout(o.ping_interval), "ping_interval"},
      {is_timeout(o.ping_timeout), "ping_timeout"},
      {o.max_message_size > 0, "max_message_size"},
      {o.max_frame_size > 0, "max_frame_size"},
      {o.max_fragments > 0, "max_fragments"},
      {o.max_head_size > 0, "max_head_size"},
      {o.max_headers > 0, "max_headers"},
      {o.send_queue_size > 0, "send_queue_size"},
      {o.send_queue_size <= std::size_t{1} << 40, "send_queue_size"},
      {o.max_reply_bytes > 0, "max_reply_bytes"},
      {o.max_reply_bytes <= protocol::outbox::most_staged, "max_reply_bytes"},
      {o.mailbox_size > 0, "mailbox_size"},
      {is_within(deflate.level, 0, 9), "deflate.level"},
      {is_within(deflate.memory_level, 1, 9), "deflate.memory_level"},
      {is_within(deflate.server_max_window_bits, 8, 15), "deflate.server_max_window_bits"},
      {is_within(deflate.client_max_window_bits, 8, 15), "deflate.client_max_window_bits"},
  }};
  for (const auto& [valid, name] : checks) {
    if (valid) continue;
    what = name;
    return errc::invalid_option;
  }
  return {};
}

}  // namespace wsx
