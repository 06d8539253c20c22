#pragma once

#include <wsx/config.hpp>

#include <cstdint>

// Declarations of the public enumerations and values that can be shown as text.

namespace wsx {

enum class child_state;
enum class client_phase;
enum class close_code : std::uint16_t;
enum class close_origin;
enum class condition;
enum class connect_stage;
enum class errc;
enum class io_direction;
enum class opcode : std::uint8_t;
enum class restart_strategy;
enum class restart_type;
enum class tls_version;
class action;
class disconnect_decision;
class message;
class owned_message;
class response_headers;
struct backoff_options;
struct binary;
struct child_counts;
struct child_info;
struct client_status;
struct close_reason;
struct connection_info;
struct deflate_options;
struct dial_options;
struct deflate_parameters;
struct diagnostics;
struct disconnect;
struct down;
struct fragment;
struct header;
struct io_result;
struct options;
struct ping;
struct pong;
struct proxy_options;
struct request;
struct signal;
struct socket_options;
struct reconnect_options;
struct stats;
struct tcp_keepalive;
struct text;
struct tls_info;
struct tls_options;
struct tried_address;
struct url;

}  // namespace wsx
