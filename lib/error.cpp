#include <wsx/error.hpp>

#include <cerrno>
#include <string_view>

namespace wsx {

namespace {

// RFC 6455 5.5, 5.5.1: the text of a protocol or limit error becomes a Close reason, which has at
// most 123 bytes.
const char* text_of(errc e) noexcept {
  switch (e) {
    case errc::invalid_url: return "the URL is not valid";
    case errc::unsupported_scheme: return "the URL's scheme is neither ws nor wss";
    case errc::invalid_header: return "a header has a character that HTTP forbids";
    case errc::reserved_header: return "a header was set that only the handshake itself may set";
    case errc::invalid_subprotocol: return "a subprotocol is not a token, or is offered twice";
    case errc::invalid_option: return "an option is out of its range";
    case errc::invalid_close_code: return "the close code may not be sent";
    case errc::control_payload_too_long:
      return "a ping or pong is over 125 bytes, or a close reason over 123";
    case errc::invalid_text: return "the text to be sent is not valid UTF-8";
    case errc::fragment_out_of_order: return "the fragments to be sent do not form one message";
    case errc::message_over_queue:
      return "the message is larger than the whole send queue: use send";

    case errc::not_connected: return "no connection is open";
    case errc::already_started: return "the client runs or has ended: make another one";
    case errc::closing: return "the connection is being closed";
    case errc::queue_full: return "the send queue is full, or another send of this sender waits";
    case errc::mailbox_full: return "the mailbox is full";
    case errc::aborted: return "the client was aborted";
    case errc::would_deadlock: return "a callback would wait for its own end";

    case errc::connect_timeout: return "no connection was made in time";
    case errc::handshake_timeout: return "no complete handshake response came in time";
    case errc::close_timeout: return "the server did not end the connection in time";
    case errc::ping_timeout: return "the server did not answer a ping in time";
    case errc::peer_not_reading: return "the server did not read replies in time";
    case errc::data_timeout: return "the server did not send a message in time";

    case errc::malformed_response: return "the handshake response is not valid HTTP/1.1";
    case errc::response_head_too_big: return "the head of the handshake response is too big";
    case errc::too_many_headers: return "the handshake response has too many headers";
    case errc::refused: return "the server refused the handshake";
    case errc::refused_for_now: return "the server refused the handshake for now";
    case errc::bad_upgrade_header: return "the Upgrade header is missing or is not websocket";
    case errc::bad_connection_header: return "the Connection header is missing or lacks Upgrade";
    case errc::bad_accept_header:
      return "the Sec-WebSocket-Accept header is missing, doubled or wrong";
    case errc::bad_subprotocol_header:
      return "the server chose a subprotocol that was not offered, or more than one";
    case errc::bad_extensions_header:
      return "the server's choice of extensions does not fit what was offered";
    case errc::handshake_dropped: return "the connection ended during the opening handshake";

    case errc::no_tls: return "the server does not speak TLS on this port";
    case errc::tls_handshake_failed: return "the TLS handshake failed";
    case errc::certificate_rejected: return "the server's certificate was rejected";
    case errc::invalid_ca: return "the configured CA certificates cannot be read";
    case errc::tls_failed: return "the TLS connection broke";
    case errc::invalid_client_certificate: return "the client's certificate cannot be used";
    case errc::pin_mismatch: return "the server's certificate has none of the expected keys";

    case errc::reserved_bits: return "a reserved bit is set in a frame";
    case errc::reserved_opcode: return "a frame has a reserved opcode";
    case errc::masked_frame: return "a frame from the server is masked";
    case errc::fragmented_control: return "a control frame is fragmented";
    case errc::control_too_long: return "a control frame has more than 125 bytes";
    case errc::invalid_length:
      return "a payload length is not in its shortest form or is too large";
    case errc::unexpected_continuation: return "a continuation frame continues no message";
    case errc::expected_continuation: return "a message began before the last one was complete";
    case errc::bad_close_payload: return "a Close frame has a payload of 1 byte";
    case errc::bad_close_code: return "a Close frame has a code that may not be sent";
    case errc::invalid_utf8: return "text from the server is not valid UTF-8";
    case errc::invalid_deflate_data: return "a compressed message cannot be inflated";
    case errc::unsupported_data: return "a message is of a type that is not taken";

    case errc::message_too_big: return "a message is too big";
    case errc::frame_too_big: return "a frame is too big";
    case errc::too_many_fragments: return "a message has too many fragments";

    case errc::connection_dropped: return "the connection ended without a Close frame";
    case errc::closed_abnormally: return "the connection was closed with another code than 1000";
    case errc::handler_failed: return "a callback of the handler threw";
    case errc::internal_failure: return "the client could not go on";

    case errc::no_supervisor: return "the supervisor does not run";
    case errc::child_not_found: return "no child has that name";
    case errc::child_already_present: return "there is a child of that name";
    case errc::child_running: return "the child runs";
    case errc::child_restarting: return "the child is being restarted";
    case errc::child_not_made: return "the function that makes the child threw";
    case errc::reached_max_restart_intensity:
      return "children had to be restarted more often than allowed";

    case errc::message_not_taken: return "the handler does not take messages of that type";
    case errc::code_change_failed: return "the change of the handler threw";
    case errc::state_not_taken: return "the new handler cannot take over the state of the old one";
    case errc::no_module: return "the file is not a module";
    case errc::module_differs: return "the module was not built as the program was";
    case errc::module_not_loaded: return "the module cannot be loaded";
    case errc::too_many_modules: return "too many modules have been loaded";
    case errc::handler_type_differs: return "the handler has another type";

    case errc::prepare_failed: return "dial_options::prepare threw";
    case errc::too_many_redirects: return "the server redirected too often";
    case errc::bad_redirect: return "the server redirected to no usable URL";

    case errc::proxy_authentication_required: return "the proxy demands authentication";
    case errc::proxy_refused: return "the proxy refused to connect to the host";
    case errc::proxy_refused_for_now: return "the proxy refused to connect to the host for now";
    case errc::malformed_proxy_answer: return "the proxy's answer is malformed";
    case errc::proxy_dropped: return "the proxy ended the connection before it answered";
  }
  return "unknown error";
}

const char* text_of(condition c) noexcept {
  switch (c) {
    case condition::handshake_failed: return "the opening handshake failed";
    case condition::protocol_violation: return "the server broke the WebSocket protocol";
    case condition::timeout: return "a deadline passed";
    case condition::tls_failed: return "TLS failed";
    case condition::limit_exceeded: return "the server exceeded a limit";
    case condition::not_connected: return "there is no open connection";
    case condition::permanent: return "another attempt would fail as well";
    case condition::transient: return "another attempt may succeed";
  }
  return "unknown condition";
}

// Returns whether `e` is in the part of the enumeration from `first` up to, but not including,
// `next`.
constexpr bool within(errc e, errc first, errc next) noexcept {
  return first <= e && e < next;
}

bool is_handshake_failure(errc e) noexcept {
  return within(e, errc::malformed_response, errc::tls_handshake_failed) ||
         e == errc::handshake_timeout || e == errc::too_many_redirects || e == errc::bad_redirect;
}

bool is_exceeded_limit(errc e) noexcept {
  return within(e, errc::message_too_big, errc::connection_dropped) ||
         e == errc::response_head_too_big || e == errc::too_many_headers;
}

bool is_not_connected(errc e) noexcept {
  return e == errc::not_connected || e == errc::closing || e == errc::aborted ||
         e == errc::connection_dropped || e == errc::closed_abnormally;
}

// The user's request, or the kind of the server, does not change by itself.
bool is_permanent(errc e) noexcept {
  switch (e) {
    case errc::handshake_dropped:
    case errc::refused_for_now: return false;
    case errc::certificate_rejected:
    case errc::invalid_ca:
    case errc::no_tls:
    case errc::invalid_client_certificate:
    case errc::pin_mismatch:
    case errc::too_many_redirects:
    case errc::bad_redirect:
    case errc::proxy_authentication_required:
    case errc::proxy_refused:
    case errc::malformed_proxy_answer:
    case errc::handler_failed: return true;
    default:
      return within(e, errc::invalid_url, errc::not_connected) ||
             within(e, errc::malformed_response, errc::tls_handshake_failed);
  }
}

// Errors that only report the state of a client or a supervisor are neither: no attempt was made.
bool is_transient(errc e) noexcept {
  if (e == errc::prepare_failed || e == errc::proxy_refused_for_now || e == errc::proxy_dropped)
    return true;
  return within(e, errc::connect_timeout, errc::no_supervisor) && !is_permanent(e);
}

bool belongs_to(errc e, condition group) noexcept {
  switch (group) {
    case condition::handshake_failed: return is_handshake_failure(e);
    case condition::protocol_violation:
      return within(e, errc::reserved_bits, errc::message_too_big);
    case condition::timeout: return within(e, errc::connect_timeout, errc::malformed_response);
    case condition::tls_failed: return within(e, errc::tls_handshake_failed, errc::reserved_bits);
    case condition::limit_exceeded: return is_exceeded_limit(e);
    case condition::not_connected: return is_not_connected(e);
    case condition::permanent: return is_permanent(e);
    case condition::transient: return is_transient(e);
  }
  return false;
}

// Another copy of the library has another category object with the same name.
bool is_named(const std::error_category& category, std::string_view name) noexcept {
  return category.name() == name;
}

// Errors of the system or of its resolver. Asio has its own categories for the latter, and not all
// of them map to conditions. A cancellation is not a failure.
bool is_system_failure(const std::error_code& code) noexcept {
  const auto& category = code.category();
  const bool of_system = category == std::system_category() ||
                         category == std::generic_category() ||
                         std::string_view(category.name()).starts_with("asio.");
  return code && of_system && code.value() != ECANCELED;
}

constexpr const char* errc_name = "wsx";
constexpr const char* condition_name = "wsx.condition";

class errc_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return errc_name; }
  std::string message(int value) const override { return text_of(static_cast<errc>(value)); }
  bool equivalent(const std::error_code& code, int value) const noexcept override {
    return is_named(code.category(), errc_name) && code.value() == value;
  }
};

class condition_category_type final : public std::error_category {
 public:
  const char* name() const noexcept override { return condition_name; }
  std::string message(int value) const override { return text_of(static_cast<condition>(value)); }
  bool equivalent(const std::error_code& code, int value) const noexcept override {
    const auto group = static_cast<condition>(value);
    if (group == condition::transient && is_system_failure(code)) return true;
    return is_named(code.category(), errc_name) &&
           belongs_to(static_cast<errc>(code.value()), group);
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const errc_category instance;
  return instance;
}

const std::error_category& condition_category() noexcept {
  static const condition_category_type instance;
  return instance;
}

}  // namespace wsx
