#pragma once

#include <wsx/detail/public_types.hpp>
#include <wsx/export.hpp>

#include <iosfwd>
#include <vector>

/// Writes the texts of `wsx/to_string.hpp` to a stream.
namespace wsx {

WSX_API std::ostream& operator<<(std::ostream& out, child_state value);
WSX_API std::ostream& operator<<(std::ostream& out, client_phase value);
WSX_API std::ostream& operator<<(std::ostream& out, close_code value);
WSX_API std::ostream& operator<<(std::ostream& out, close_origin value);
WSX_API std::ostream& operator<<(std::ostream& out, condition value);
WSX_API std::ostream& operator<<(std::ostream& out, connect_stage value);
WSX_API std::ostream& operator<<(std::ostream& out, errc value);
WSX_API std::ostream& operator<<(std::ostream& out, io_direction value);
WSX_API std::ostream& operator<<(std::ostream& out, opcode value);
WSX_API std::ostream& operator<<(std::ostream& out, restart_strategy value);
WSX_API std::ostream& operator<<(std::ostream& out, restart_type value);
WSX_API std::ostream& operator<<(std::ostream& out, tls_version value);
WSX_API std::ostream& operator<<(std::ostream& out, const text& value);
WSX_API std::ostream& operator<<(std::ostream& out, const binary& value);
WSX_API std::ostream& operator<<(std::ostream& out, const ping& value);
WSX_API std::ostream& operator<<(std::ostream& out, const pong& value);
WSX_API std::ostream& operator<<(std::ostream& out, const fragment& value);
WSX_API std::ostream& operator<<(std::ostream& out, const message& value);
WSX_API std::ostream& operator<<(std::ostream& out, const owned_message& value);
WSX_API std::ostream& operator<<(std::ostream& out, const action& value);
WSX_API std::ostream& operator<<(std::ostream& out, const disconnect_decision& value);
WSX_API std::ostream& operator<<(std::ostream& out, const close_reason& value);
WSX_API std::ostream& operator<<(std::ostream& out, const diagnostics& value);
WSX_API std::ostream& operator<<(std::ostream& out, const disconnect& value);
WSX_API std::ostream& operator<<(std::ostream& out, const down& value);
WSX_API std::ostream& operator<<(std::ostream& out, const signal& value);
WSX_API std::ostream& operator<<(std::ostream& out, const tried_address& value);
WSX_API std::ostream& operator<<(std::ostream& out, const io_result& value);
WSX_API std::ostream& operator<<(std::ostream& out, const child_info& value);
WSX_API std::ostream& operator<<(std::ostream& out, const header& value);
WSX_API std::ostream& operator<<(std::ostream& out, const std::vector<header>& value);
WSX_API std::ostream& operator<<(std::ostream& out, const response_headers& value);
WSX_API std::ostream& operator<<(std::ostream& out, const request& value);
WSX_API std::ostream& operator<<(std::ostream& out, const url& value);
WSX_API std::ostream& operator<<(std::ostream& out, const backoff_options& value);
WSX_API std::ostream& operator<<(std::ostream& out, const child_counts& value);
WSX_API std::ostream& operator<<(std::ostream& out, const client_status& value);
WSX_API std::ostream& operator<<(std::ostream& out, const connection_info& value);
WSX_API std::ostream& operator<<(std::ostream& out, const deflate_options& value);
WSX_API std::ostream& operator<<(std::ostream& out, const dial_options& value);
WSX_API std::ostream& operator<<(std::ostream& out, const socket_options& value);
WSX_API std::ostream& operator<<(std::ostream& out, const tcp_keepalive& value);
WSX_API std::ostream& operator<<(std::ostream& out, const deflate_parameters& value);
WSX_API std::ostream& operator<<(std::ostream& out, const options& value);
WSX_API std::ostream& operator<<(std::ostream& out, const proxy_options& value);
WSX_API std::ostream& operator<<(std::ostream& out, const reconnect_options& value);
WSX_API std::ostream& operator<<(std::ostream& out, const stats& value);
WSX_API std::ostream& operator<<(std::ostream& out, const tls_info& value);
WSX_API std::ostream& operator<<(std::ostream& out, const tls_options& value);

}  // namespace wsx
