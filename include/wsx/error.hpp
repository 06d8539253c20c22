#pragma once

#include <wsx/export.hpp>

#include <system_error>

namespace wsx {

/// What went wrong, as precisely as wsx knows. Compare it with an `std::error_code` by `==`; a
/// `condition` compares equal to a whole group of errors.
enum class errc {
  // What the user passed; nothing was sent.
  invalid_url = 1,           ///< not an absolute URL with a host, or a part of it is malformed
  unsupported_scheme,        ///< the scheme is not one that the transport speaks
  invalid_header,            ///< a header name or value has a character that HTTP forbids
  reserved_header,           ///< a header that only the handshake itself may set
  invalid_subprotocol,       ///< a subprotocol is not a token, or is offered twice
  invalid_option,            ///< an option is out of its range
  invalid_close_code,        ///< a close code that may not be sent (RFC 6455 7.4)
  control_payload_too_long,  ///< ping or pong over 125 bytes, close reason over 123 (RFC 6455 5.5)
  invalid_text,              ///< text to be sent is not UTF-8
  fragment_out_of_order,     ///< fragments to be sent do not form one message (RFC 6455 5.4)
  message_over_queue,        ///< `try_send` of a message that the queue can never hold; use `send`

  // The state of the client.
  not_connected = 40,  ///< no connection is open
  already_started,     ///< `connect` was called on a client that runs or has ended
  closing,             ///< the closing handshake has begun
  queue_full,          ///< no room in the send queue, or in the replies' buffer
  mailbox_full,        ///< too many casts and posts wait to be handled
  aborted,             ///< `abort()` was called, or the client was destroyed
  would_deadlock,      ///< a callback awaited what waits for it: its own client's `close` or `join`

  // Deadlines.
  connect_timeout = 60,  ///< no connection (with TLS, if any) within `connect_timeout`
  handshake_timeout,     ///< no complete handshake response within `handshake_timeout`
  close_timeout,         ///< the server did not end the connection within `close_timeout`
  ping_timeout,          ///< not a byte came within `ping_timeout` after a ping
  peer_not_reading,  ///< the peer took nothing within `ping_timeout`, with `max_reply_bytes` unsent
  data_timeout,      ///< no part of a message came within `data_timeout`

  // The opening handshake (RFC 6455 4.1).
  malformed_response = 80,  ///< the response head is not HTTP/1.1
  response_head_too_big,    ///< the response head is over `max_head_size`
  too_many_headers,         ///< the response has more headers than `max_headers`
  refused,                  ///< an HTTP status that another attempt would get, too: 200, 301, 403
  refused_for_now,          ///< HTTP 408, 425, 429 or 5xx: a later attempt may succeed
  bad_upgrade_header,       ///< `Upgrade` is missing or is not `websocket`
  bad_connection_header,    ///< `Connection` is missing or lacks `Upgrade`
  bad_accept_header,        ///< `Sec-WebSocket-Accept` is missing, doubled or wrong
  bad_subprotocol_header,   ///< a subprotocol that was not offered, or more than one
  bad_extensions_header,    ///< an extension or parameter that does not fit what was offered
  handshake_dropped,        ///< the TCP connection ended before the response was complete

  // TLS.
  tls_handshake_failed = 110,  ///< the TLS handshake failed, but not because of the certificate
  certificate_rejected,        ///< the server's certificate is not trusted, or not for this host
  invalid_ca,                  ///< the configured CA certificates cannot be read
  no_tls,                      ///< the server does not speak TLS on this port
  tls_failed,                  ///< the TLS connection broke after its handshake
  invalid_client_certificate,  ///< `tls_options::certificate` cannot be used
  pin_mismatch,                ///< no certificate of the server has one of `tls_options::pins`

  // The peer broke the protocol (RFC 6455 5, 7.4, 8.1). Answered with Close 1002, 1003 or 1007.
  reserved_bits = 130,      ///< a reserved bit is set that no extension defined
  reserved_opcode,          ///< an opcode that RFC 6455 reserves
  masked_frame,             ///< the server masked a frame
  fragmented_control,       ///< a control frame without FIN
  control_too_long,         ///< a control frame with more than 125 bytes
  invalid_length,           ///< a payload length not in its shortest form, or with its top bit set
  unexpected_continuation,  ///< a continuation frame outside of a message
  expected_continuation,    ///< a new message within an unfinished one
  bad_close_payload,        ///< a Close frame with a payload of 1 byte
  bad_close_code,           ///< a Close frame with a code that may not be sent
  invalid_utf8,             ///< a text message or close reason is not UTF-8
  invalid_deflate_data,     ///< a compressed message cannot be inflated (RFC 7692 7.2.2)
  unsupported_data,         ///< a text or binary message that the handler does not take

  // The peer exceeded a limit of this client. Answered with Close 1009.
  message_too_big = 160,  ///< a message over `max_message_size`
  frame_too_big,          ///< a frame over `max_frame_size`
  too_many_fragments,     ///< a message of more than `max_fragments` frames

  // How a connection ended.
  connection_dropped =
      180,            ///< the connection ended without a Close frame, or before a send completed
  closed_abnormally,  ///< closed with a code other than 1000
  handler_failed,     ///< a callback threw
  internal_failure,   ///< the client could not go on: no memory, no thread, no random numbers

  // A supervisor and its children.
  no_supervisor = 200,            ///< the supervisor was not started, or has ended
  child_not_found,                ///< no child has that name
  child_already_present,          ///< there is a child of that name, which does not run
  child_running,                  ///< the child of that name runs
  child_restarting,               ///< the child of that name is about to be restarted
  child_not_made,                 ///< the function that makes the child threw
  reached_max_restart_intensity,  ///< children had to be restarted more often than allowed

  // Another handler for a client.
  message_not_taken = 220,  ///< the handler that is there now has no `handle_cast` for the message
  code_change_failed,       ///< `code_change` of the new handler, or `save` of the old one, threw
  state_not_taken,          ///< the new handler can't take over the state of the old one
  no_module,                ///< the file is not a module of wsx, or it is damaged
  module_differs,           ///< the module was not built as the program was
  module_not_loaded,        ///< the system could not load the module, or it has no handler
  too_many_modules,         ///< `module::max_loaded` modules have been loaded
  handler_type_differs,     ///< the client's handler is not of the type that was asked for

  // Before an attempt to connect.
  prepare_failed = 240,  ///< `dial_options::prepare` threw
  too_many_redirects,    ///< the server redirected more often than `dial_options::max_redirects`
  bad_redirect,          ///< a redirect without a usable `Location`, or from `wss` to `ws`

  // A proxy (`dial_options::proxy`).
  proxy_authentication_required = 260,  ///< the proxy wants other credentials, or any
  proxy_refused,  ///< an answer that another attempt would get, too: HTTP 403, "not allowed"
  proxy_refused_for_now,   ///< HTTP 408, 425, 429 or 5xx, or SOCKS could not reach the host
  malformed_proxy_answer,  ///< the answer is not one of such a proxy, or has no end
  proxy_dropped,           ///< the proxy ended the connection before its answer was complete
};

/// Groups of `errc`, to compare an `std::error_code` with. An error may be in several groups.
enum class condition {
  handshake_failed = 1,  ///< the server did not open the WebSocket connection, or not in time
  protocol_violation,    ///< the peer broke RFC 6455
  timeout,               ///< one of the client's own deadlines passed
  tls_failed,            ///< anything about TLS
  limit_exceeded,        ///< the peer exceeded one of the client's limits
  not_connected,         ///< there is no open connection

  // Whether another attempt is worthwhile after an error that prevented or ended a connection. No
  // error is in both groups. Errors of the system and of its resolver are transient: the network
  // may recover, and even a name that does not exist may exist later.
  permanent,  ///< the same request and options fail again: a URL, a certificate, a status like 403
  transient,  ///< the next attempt may succeed
};

/// The category of `errc`; its name is "wsx".
///
/// If a process holds two copies of the library, each has its own category. `std::error_category`
/// compares addresses, so an `std::error_code` of one copy is never equal to one of the other. A
/// comparison with an `std::error_condition`, such as a `condition`, uses the category's name
/// instead and works across copies.
WSX_API const std::error_category& error_category() noexcept;

/// The category of `condition`; its name is "wsx.condition".
WSX_API const std::error_category& condition_category() noexcept;

/// Makes an error code; `errc{}` is no error, as with `std::errc`.
inline std::error_code make_error_code(errc e) noexcept {
  return e == errc{} ? std::error_code() : std::error_code(static_cast<int>(e), error_category());
}

inline std::error_condition make_error_condition(condition c) noexcept {
  return {static_cast<int>(c), condition_category()};
}

}  // namespace wsx

template <>
struct std::is_error_code_enum<wsx::errc> : std::true_type {};

template <>
struct std::is_error_condition_enum<wsx::condition> : std::true_type {};
