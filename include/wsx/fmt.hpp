#pragma once

#include <wsx/detail/public_types.hpp>
#include <wsx/to_string.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

/// Formatters for fmt 9 or newer, which format the texts of `wsx/to_string.hpp`. Fill, alignment,
/// width and precision work as for strings: `fmt::format("{:>40}", reason)`. `wsx/wsx.hpp` does not
/// include this header, so it needs no fmt.
namespace wsx::detail {

template <class T>
struct formatter_of : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const T& value, Context& context) const {
    const std::string shown = to_string(value);
    return fmt::formatter<fmt::string_view>::format(shown, context);
  }
};

}  // namespace wsx::detail

template <>
struct fmt::formatter<wsx::child_state> : wsx::detail::formatter_of<wsx::child_state> {};
template <>
struct fmt::formatter<wsx::client_phase> : wsx::detail::formatter_of<wsx::client_phase> {};
template <>
struct fmt::formatter<wsx::close_code> : wsx::detail::formatter_of<wsx::close_code> {};
template <>
struct fmt::formatter<wsx::close_origin> : wsx::detail::formatter_of<wsx::close_origin> {};
template <>
struct fmt::formatter<wsx::condition> : wsx::detail::formatter_of<wsx::condition> {};
template <>
struct fmt::formatter<wsx::connect_stage> : wsx::detail::formatter_of<wsx::connect_stage> {};
template <>
struct fmt::formatter<wsx::errc> : wsx::detail::formatter_of<wsx::errc> {};
template <>
struct fmt::formatter<wsx::io_direction> : wsx::detail::formatter_of<wsx::io_direction> {};
template <>
struct fmt::formatter<wsx::opcode> : wsx::detail::formatter_of<wsx::opcode> {};
template <>
struct fmt::formatter<wsx::restart_strategy> : wsx::detail::formatter_of<wsx::restart_strategy> {};
template <>
struct fmt::formatter<wsx::restart_type> : wsx::detail::formatter_of<wsx::restart_type> {};
template <>
struct fmt::formatter<wsx::tls_version> : wsx::detail::formatter_of<wsx::tls_version> {};
template <>
struct fmt::formatter<wsx::text> : wsx::detail::formatter_of<wsx::text> {};
template <>
struct fmt::formatter<wsx::binary> : wsx::detail::formatter_of<wsx::binary> {};
template <>
struct fmt::formatter<wsx::ping> : wsx::detail::formatter_of<wsx::ping> {};
template <>
struct fmt::formatter<wsx::pong> : wsx::detail::formatter_of<wsx::pong> {};
template <>
struct fmt::formatter<wsx::fragment> : wsx::detail::formatter_of<wsx::fragment> {};
template <>
struct fmt::formatter<wsx::message> : wsx::detail::formatter_of<wsx::message> {};
template <>
struct fmt::formatter<wsx::owned_message> : wsx::detail::formatter_of<wsx::owned_message> {};
template <>
struct fmt::formatter<wsx::action> : wsx::detail::formatter_of<wsx::action> {};
template <>
struct fmt::formatter<wsx::disconnect_decision>
    : wsx::detail::formatter_of<wsx::disconnect_decision> {};
template <>
struct fmt::formatter<wsx::close_reason> : wsx::detail::formatter_of<wsx::close_reason> {};
template <>
struct fmt::formatter<wsx::diagnostics> : wsx::detail::formatter_of<wsx::diagnostics> {};
template <>
struct fmt::formatter<wsx::disconnect> : wsx::detail::formatter_of<wsx::disconnect> {};
template <>
struct fmt::formatter<wsx::down> : wsx::detail::formatter_of<wsx::down> {};
template <>
struct fmt::formatter<wsx::signal> : wsx::detail::formatter_of<wsx::signal> {};
template <>
struct fmt::formatter<wsx::tried_address> : wsx::detail::formatter_of<wsx::tried_address> {};
template <>
struct fmt::formatter<wsx::io_result> : wsx::detail::formatter_of<wsx::io_result> {};
template <>
struct fmt::formatter<wsx::child_info> : wsx::detail::formatter_of<wsx::child_info> {};
template <>
struct fmt::formatter<wsx::header> : wsx::detail::formatter_of<wsx::header> {};
template <>
struct fmt::formatter<std::vector<wsx::header>>
    : wsx::detail::formatter_of<std::vector<wsx::header>> {};
template <>
struct fmt::formatter<wsx::response_headers> : wsx::detail::formatter_of<wsx::response_headers> {};
template <>
struct fmt::formatter<wsx::request> : wsx::detail::formatter_of<wsx::request> {};
template <>
struct fmt::formatter<wsx::url> : wsx::detail::formatter_of<wsx::url> {};
template <>
struct fmt::formatter<wsx::backoff_options> : wsx::detail::formatter_of<wsx::backoff_options> {};
template <>
struct fmt::formatter<wsx::child_counts> : wsx::detail::formatter_of<wsx::child_counts> {};
template <>
struct fmt::formatter<wsx::client_status> : wsx::detail::formatter_of<wsx::client_status> {};
template <>
struct fmt::formatter<wsx::connection_info> : wsx::detail::formatter_of<wsx::connection_info> {};
template <>
struct fmt::formatter<wsx::deflate_options> : wsx::detail::formatter_of<wsx::deflate_options> {};
template <>
struct fmt::formatter<wsx::dial_options> : wsx::detail::formatter_of<wsx::dial_options> {};
template <>
struct fmt::formatter<wsx::socket_options> : wsx::detail::formatter_of<wsx::socket_options> {};
template <>
struct fmt::formatter<wsx::tcp_keepalive> : wsx::detail::formatter_of<wsx::tcp_keepalive> {};
template <>
struct fmt::formatter<wsx::deflate_parameters>
    : wsx::detail::formatter_of<wsx::deflate_parameters> {};
template <>
struct fmt::formatter<wsx::options> : wsx::detail::formatter_of<wsx::options> {};
template <>
struct fmt::formatter<wsx::proxy_options> : wsx::detail::formatter_of<wsx::proxy_options> {};
template <>
struct fmt::formatter<wsx::reconnect_options> : wsx::detail::formatter_of<wsx::reconnect_options> {
};
template <>
struct fmt::formatter<wsx::stats> : wsx::detail::formatter_of<wsx::stats> {};
template <>
struct fmt::formatter<wsx::tls_info> : wsx::detail::formatter_of<wsx::tls_info> {};
template <>
struct fmt::formatter<wsx::tls_options> : wsx::detail::formatter_of<wsx::tls_options> {};
