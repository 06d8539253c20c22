#include <wsx/child_spec.hpp>
#include <wsx/client_status.hpp>
#include <wsx/close_code.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/error.hpp>
#include <wsx/opcode.hpp>
#include <wsx/tls_options.hpp>
#include <wsx/to_string.hpp>
#include <wsx/transport/transport.hpp>

#include <fmt/format.h>

#include <type_traits>

// Each enumeration has a switch without a default, so that the compiler reports an enumerator
// without a name.

namespace wsx {

namespace {

const char* name_of(child_state state) noexcept {
  switch (state) {
    case child_state::not_running: return "not_running";
    case child_state::starting: return "starting";
    case child_state::running: return "running";
    case child_state::restarting: return "restarting";
    case child_state::terminating: return "terminating";
  }
  return nullptr;
}

const char* name_of(client_phase phase) noexcept {
  switch (phase) {
    case client_phase::idle: return "idle";
    case client_phase::connecting: return "connecting";
    case client_phase::open: return "open";
    case client_phase::closing: return "closing";
    case client_phase::pausing: return "pausing";
    case client_phase::ended: return "ended";
  }
  return nullptr;
}

const char* name_of(restart_strategy strategy) noexcept {
  switch (strategy) {
    case restart_strategy::one_for_one: return "one_for_one";
    case restart_strategy::one_for_all: return "one_for_all";
    case restart_strategy::rest_for_one: return "rest_for_one";
  }
  return nullptr;
}

const char* name_of(tls_version version) noexcept {
  switch (version) {
    case tls_version::tls_1_2: return "tls_1_2";
    case tls_version::tls_1_3: return "tls_1_3";
  }
  return nullptr;
}

const char* name_of(restart_type type) noexcept {
  switch (type) {
    case restart_type::permanent: return "permanent";
    case restart_type::transient: return "transient";
    case restart_type::temporary: return "temporary";
  }
  return nullptr;
}

const char* name_of(close_origin origin) noexcept {
  switch (origin) {
    case close_origin::local: return "local";
    case close_origin::remote: return "remote";
    case close_origin::error: return "error";
  }
  return nullptr;
}

const char* name_of(condition group) noexcept {
  switch (group) {
    case condition::handshake_failed: return "handshake_failed";
    case condition::protocol_violation: return "protocol_violation";
    case condition::timeout: return "timeout";
    case condition::tls_failed: return "tls_failed";
    case condition::limit_exceeded: return "limit_exceeded";
    case condition::not_connected: return "not_connected";
    case condition::permanent: return "permanent";
    case condition::transient: return "transient";
  }
  return nullptr;
}

const char* name_of(connect_stage stage) noexcept {
  switch (stage) {
    case connect_stage::checking: return "checking";
    case connect_stage::preparing: return "preparing";
    case connect_stage::resolving: return "resolving";
    case connect_stage::connecting: return "connecting";
    case connect_stage::proxy: return "proxy";
    case connect_stage::tls: return "tls";
    case connect_stage::handshake: return "handshake";
    case connect_stage::open: return "open";
  }
  return nullptr;
}

const char* name_of(errc error) noexcept {
  switch (error) {
    case errc::invalid_url: return "invalid_url";
    case errc::unsupported_scheme: return "unsupported_scheme";
    case errc::invalid_header: return "invalid_header";
    case errc::reserved_header: return "reserved_header";
    case errc::invalid_subprotocol: return "invalid_subprotocol";
    case errc::invalid_option: return "invalid_option";
    case errc::invalid_close_code: return "invalid_close_code";
    case errc::control_payload_too_long: return "control_payload_too_long";
    case errc::invalid_text: return "invalid_text";
    case errc::fragment_out_of_order: return "fragment_out_of_order";
    case errc::message_over_queue: return "message_over_queue";
    case errc::not_connected: return "not_connected";
    case errc::already_started: return "already_started";
    case errc::closing: return "closing";
    case errc::queue_full: return "queue_full";
    case errc::mailbox_full: return "mailbox_full";
    case errc::aborted: return "aborted";
    case errc::would_deadlock: return "would_deadlock";
    case errc::connect_timeout: return "connect_timeout";
    case errc::handshake_timeout: return "handshake_timeout";
    case errc::close_timeout: return "close_timeout";
    case errc::ping_timeout: return "ping_timeout";
    case errc::peer_not_reading: return "peer_not_reading";
    case errc::data_timeout: return "data_timeout";
    case errc::malformed_response: return "malformed_response";
    case errc::response_head_too_big: return "response_head_too_big";
    case errc::too_many_headers: return "too_many_headers";
    case errc::refused: return "refused";
    case errc::refused_for_now: return "refused_for_now";
    case errc::bad_upgrade_header: return "bad_upgrade_header";
    case errc::bad_connection_header: return "bad_connection_header";
    case errc::bad_accept_header: return "bad_accept_header";
    case errc::bad_subprotocol_header: return "bad_subprotocol_header";
    case errc::bad_extensions_header: return "bad_extensions_header";
    case errc::handshake_dropped: return "handshake_dropped";
    case errc::tls_handshake_failed: return "tls_handshake_failed";
    case errc::certificate_rejected: return "certificate_rejected";
    case errc::invalid_ca: return "invalid_ca";
    case errc::no_tls: return "no_tls";
    case errc::tls_failed: return "tls_failed";
    case errc::invalid_client_certificate: return "invalid_client_certificate";
    case errc::pin_mismatch: return "pin_mismatch";
    case errc::reserved_bits: return "reserved_bits";
    case errc::reserved_opcode: return "reserved_opcode";
    case errc::masked_frame: return "masked_frame";
    case errc::fragmented_control: return "fragmented_control";
    case errc::control_too_long: return "control_too_long";
    case errc::invalid_length: return "invalid_length";
    case errc::unexpected_continuation: return "unexpected_continuation";
    case errc::expected_continuation: return "expected_continuation";
    case errc::bad_close_payload: return "bad_close_payload";
    case errc::bad_close_code: return "bad_close_code";
    case errc::invalid_utf8: return "invalid_utf8";
    case errc::invalid_deflate_data: return "invalid_deflate_data";
    case errc::unsupported_data: return "unsupported_data";
    case errc::message_too_big: return "message_too_big";
    case errc::frame_too_big: return "frame_too_big";
    case errc::too_many_fragments: return "too_many_fragments";
    case errc::connection_dropped: return "connection_dropped";
    case errc::closed_abnormally: return "closed_abnormally";
    case errc::handler_failed: return "handler_failed";
    case errc::internal_failure: return "internal_failure";
    case errc::no_supervisor: return "no_supervisor";
    case errc::child_not_found: return "child_not_found";
    case errc::child_already_present: return "child_already_present";
    case errc::child_running: return "child_running";
    case errc::child_restarting: return "child_restarting";
    case errc::child_not_made: return "child_not_made";
    case errc::reached_max_restart_intensity: return "reached_max_restart_intensity";
    case errc::message_not_taken: return "message_not_taken";
    case errc::code_change_failed: return "code_change_failed";
    case errc::state_not_taken: return "state_not_taken";
    case errc::no_module: return "no_module";
    case errc::module_differs: return "module_differs";
    case errc::module_not_loaded: return "module_not_loaded";
    case errc::too_many_modules: return "too_many_modules";
    case errc::handler_type_differs: return "handler_type_differs";
    case errc::prepare_failed: return "prepare_failed";
    case errc::too_many_redirects: return "too_many_redirects";
    case errc::bad_redirect: return "bad_redirect";
    case errc::proxy_authentication_required: return "proxy_authentication_required";
    case errc::proxy_refused: return "proxy_refused";
    case errc::proxy_refused_for_now: return "proxy_refused_for_now";
    case errc::malformed_proxy_answer: return "malformed_proxy_answer";
    case errc::proxy_dropped: return "proxy_dropped";
  }
  return nullptr;
}

const char* name_of(io_direction direction) noexcept {
  switch (direction) {
    case io_direction::read: return "read";
    case io_direction::write: return "write";
  }
  return nullptr;
}

const char* name_of(opcode kind) noexcept {
  switch (kind) {
    case opcode::continuation: return "continuation";
    case opcode::text: return "text";
    case opcode::binary: return "binary";
    case opcode::close: return "close";
    case opcode::ping: return "ping";
    case opcode::pong: return "pong";
  }
  return nullptr;
}

// The names of RFC 6455 7.4.1 and of the IANA registry.
const char* name_of(close_code code) noexcept {
  switch (code) {
    case close_code::normal: return "normal";
    case close_code::going_away: return "going away";
    case close_code::protocol_error: return "protocol error";
    case close_code::unsupported_data: return "unsupported data";
    case close_code::invalid_payload: return "invalid payload";
    case close_code::policy_violation: return "policy violation";
    case close_code::message_too_big: return "message too big";
    case close_code::mandatory_extension: return "mandatory extension";
    case close_code::internal_error: return "internal error";
    case close_code::service_restart: return "service restart";
    case close_code::try_again_later: return "try again later";
    case close_code::bad_gateway: return "bad gateway";
  }
  return nullptr;
}

template <class Enum>
std::string name_or_number(Enum value, const char* type) {
  if (const char* const name = name_of(value)) return name;
  return fmt::format("{}({})", type, +static_cast<std::underlying_type_t<Enum>>(value));
}

}  // namespace

std::string to_string(client_phase phase) {
  return name_or_number(phase, "client_phase");
}

std::string to_string(child_state state) {
  return name_or_number(state, "child_state");
}

std::string to_string(close_code code) {
  const auto number = static_cast<std::uint16_t>(code);
  const char* const name = name_of(code);
  return name != nullptr ? fmt::format("{} ({})", number, name) : fmt::format("{}", number);
}

std::string to_string(close_origin origin) {
  return name_or_number(origin, "close_origin");
}

std::string to_string(condition group) {
  return name_or_number(group, "condition");
}

std::string to_string(connect_stage stage) {
  return name_or_number(stage, "connect_stage");
}

std::string to_string(errc error) {
  return name_or_number(error, "errc");
}

std::string to_string(io_direction direction) {
  return name_or_number(direction, "io_direction");
}

std::string to_string(opcode kind) {
  return name_or_number(kind, "opcode");
}

std::string to_string(restart_strategy strategy) {
  return name_or_number(strategy, "restart_strategy");
}

std::string to_string(restart_type type) {
  return name_or_number(type, "restart_type");
}

std::string to_string(tls_version version) {
  return name_or_number(version, "tls_version");
}

}  // namespace wsx
