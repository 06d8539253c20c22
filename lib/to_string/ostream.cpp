#include <wsx/ostream.hpp>
#include <wsx/to_string.hpp>

#include <ostream>

namespace wsx {

std::ostream& operator<<(std::ostream& out, child_state value) {
  return out << to_string(value);
}
std::ostream& operator<<(std::ostream& out, client_phase value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, close_code value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, close_origin value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, condition value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, connect_stage value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, errc value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, io_direction value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, opcode value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, restart_strategy value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, restart_type value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, tls_version value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const text& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const binary& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const ping& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const pong& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const fragment& value) {
  return out << to_string(value);
}
std::ostream& operator<<(std::ostream& out, const message& value) {
  return out << to_string(value);
}
std::ostream& operator<<(std::ostream& out, const owned_message& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const action& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const disconnect_decision& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const close_reason& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const diagnostics& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const disconnect& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const down& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const signal& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const tried_address& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const io_result& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const child_info& value) {
  return out << to_string(value);
}
std::ostream& operator<<(std::ostream& out, const header& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const std::vector<header>& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const response_headers& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const request& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const url& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const backoff_options& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const child_counts& value) {
  return out << to_string(value);
}
std::ostream& operator<<(std::ostream& out, const connection_info& value) {
  return out << to_string(value);
}
std::ostream& operator<<(std::ostream& out, const client_status& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const deflate_options& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const dial_options& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const socket_options& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const tcp_keepalive& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const deflate_parameters& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const options& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const proxy_options& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const reconnect_options& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const stats& value) {
  return out << to_string(value);
}

std::ostream& operator<<(std::ostream& out, const tls_options& value) {
  return out << to_string(value);
}
std::ostream& operator<<(std::ostream& out, const tls_info& value) {
  return out << to_string(value);
}

}  // namespace wsx
