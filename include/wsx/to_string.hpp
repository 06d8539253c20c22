#pragma once

#include <wsx/detail/public_types.hpp>
#include <wsx/export.hpp>

#include <string>
#include <vector>

/// The public enumerations and values as text, made for people: for logs, and for what a test
/// prints when it fails. `wsx/ostream.hpp` has `<<` for the same types, `wsx/fmt.hpp` formatters.
///
/// An enumerator is its name; a value that has none is its number. What comes from the peer or from
/// the user is escaped and bounded. Secrets never appear: neither the values of the headers
/// `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie`, nor user information and the
/// values of query parameters of a URL, nor certificates.
///
/// The text is no interface: it may change with any version.
namespace wsx {

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

/// A frame: its kind and size; of a text also how it begins: `text, 5 bytes: "hello"`.
WSX_API std::string to_string(const text& frame);
WSX_API std::string to_string(const binary& frame);
WSX_API std::string to_string(const ping& frame);
WSX_API std::string to_string(const pong& frame);
WSX_API std::string to_string(const fragment& frame);
WSX_API std::string to_string(const message& m);
WSX_API std::string to_string(const owned_message& m);

/// What the callback wants: `reply with text, 5 bytes: "hello"`, "close with 1001 (going away)".
WSX_API std::string to_string(const action& wanted);
/// "reconnect after 500 ms"
WSX_API std::string to_string(const disconnect_decision& decision);

/// One sentence: how the connection ended, whether or not that was an error.
WSX_API std::string to_string(const close_reason& reason);
/// One sentence: what went wrong.
WSX_API std::string to_string(const diagnostics& known);
WSX_API std::string to_string(const disconnect& what);
WSX_API std::string to_string(const down& what);
WSX_API std::string to_string(const signal& what);
WSX_API std::string to_string(const tried_address& tried);
WSX_API std::string to_string(const io_result& result);

/// "Server: nginx"
WSX_API std::string to_string(const header& field);
/// "[Server: nginx, Content-Length: 0]"; at most 32 of them.
WSX_API std::string to_string(const std::vector<header>& fields);
WSX_API std::string to_string(const response_headers& fields);

WSX_API std::string to_string(const request& wanted);
WSX_API std::string to_string(const url& u);

/// Each member, as in "{level: 6, memory_level: 8, ...}".
WSX_API std::string to_string(const backoff_options& o);
WSX_API std::string to_string(const connection_info& info);
WSX_API std::string to_string(const deflate_options& o);
WSX_API std::string to_string(const deflate_parameters& agreed);
WSX_API std::string to_string(const options& o);
WSX_API std::string to_string(const stats& counted);
WSX_API std::string to_string(const tls_options& o);

}  // namespace wsx
