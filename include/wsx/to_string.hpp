#pragma once

#include <wsx/detail/public_types.hpp>
#include <wsx/export.hpp>

#include <string>
#include <vector>

/// The public enumerations and values as text for people: for logs, and for what a test prints when
/// it fails. `wsx/ostream.hpp` has `<<` and `wsx/fmt.hpp` formatters for the same types.
///
/// An enumerator is shown by its name, and a value without a name by its number. Data from the peer
/// or the user is escaped, and its length is bounded. Secrets never appear: values of the headers
/// `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie`, user information and values
/// of query parameters of a URL, and certificates.
///
/// The text is not part of the interface: any version may change it.
namespace wsx {

/// "running"
WSX_API std::string to_string(child_state state);
WSX_API std::string to_string(client_phase phase);
/// "1008 (policy violation)", "4001"
WSX_API std::string to_string(close_code code);
/// "local"
WSX_API std::string to_string(close_origin origin);
/// "handshake_failed"
WSX_API std::string to_string(condition group);
/// "resolving"
WSX_API std::string to_string(connect_stage stage);
/// "queue_full"; the sentence for it is `make_error_code(error).message()`
WSX_API std::string to_string(errc error);
/// "read"
WSX_API std::string to_string(io_direction direction);
/// "binary"
WSX_API std::string to_string(opcode kind);
/// "one_for_one"
WSX_API std::string to_string(restart_strategy strategy);
/// "permanent"
WSX_API std::string to_string(restart_type type);
WSX_API std::string to_string(tls_version version);

/// A frame's kind and size, and the beginning of a text: `text, 5 bytes: "hello"`.
WSX_API std::string to_string(const text& frame);
WSX_API std::string to_string(const binary& frame);
WSX_API std::string to_string(const ping& frame);
WSX_API std::string to_string(const pong& frame);
WSX_API std::string to_string(const fragment& frame);
WSX_API std::string to_string(const message& m);
WSX_API std::string to_string(const owned_message& m);

/// The steps of an action: `reply with text, 5 bytes: "hello"`, "close with 1001 (going away)".
WSX_API std::string to_string(const action& wanted);
/// "reconnect after 500 ms"
WSX_API std::string to_string(const disconnect_decision& decision);

/// One sentence that says how the connection ended, whether or not that was an error.
WSX_API std::string to_string(const close_reason& reason);
/// One sentence that says what went wrong.
WSX_API std::string to_string(const diagnostics& known);
WSX_API std::string to_string(const disconnect& what);
WSX_API std::string to_string(const down& what);
WSX_API std::string to_string(const signal& what);
WSX_API std::string to_string(const tried_address& tried);
WSX_API std::string to_string(const io_result& result);

/// `"prices": running, permanent, started 2 times`
WSX_API std::string to_string(const child_info& child);

/// "Server: nginx"
WSX_API std::string to_string(const header& field);
/// "[Server: nginx, Content-Length: 0]"; at most 32 of them.
WSX_API std::string to_string(const std::vector<header>& fields);
WSX_API std::string to_string(const response_headers& fields);

WSX_API std::string to_string(const request& wanted);
WSX_API std::string to_string(const url& u);

/// Each member, as in "{level: 6, memory_level: 8, ...}".
WSX_API std::string to_string(const backoff_options& o);
WSX_API std::string to_string(const child_counts& counts);
WSX_API std::string to_string(const client_status& status);
WSX_API std::string to_string(const connection_info& info);
WSX_API std::string to_string(const deflate_options& o);
WSX_API std::string to_string(const dial_options& o);
WSX_API std::string to_string(const socket_options& o);
WSX_API std::string to_string(const tcp_keepalive& o);
WSX_API std::string to_string(const deflate_parameters& agreed);
WSX_API std::string to_string(const options& o);
WSX_API std::string to_string(const proxy_options& o);
WSX_API std::string to_string(const reconnect_options& o);
WSX_API std::string to_string(const stats& counted);
WSX_API std::string to_string(const tls_info& tls);
WSX_API std::string to_string(const tls_options& o);

}  // namespace wsx
