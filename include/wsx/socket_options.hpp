#pragma once

#include <wsx/config.hpp>

#include <wsx/shared_function.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace wsx {

/// The system's handle of a socket: a file descriptor, or on Windows a `SOCKET`.
#if defined(_WIN32)
using native_socket = std::uintptr_t;
#else
using native_socket = int;
#endif

/// TCP keepalive: the system probes a connection that is silent. RFC 9293 3.8.4. The pings of
/// `options::ping_interval` also notice a server that hangs; these probes need no answer of the
/// server's program. What a system can't set is ignored.
struct tcp_keepalive {
  std::chrono::seconds idle{60};      ///< silence before the first probe: 1 to 32,767
  std::chrono::seconds interval{10};  ///< between probes without an answer: 1 to 32,767
  int count = 6;                      ///< probes without an answer that end it: 1 to 127

  friend bool operator==(const tcp_keepalive&, const tcp_keepalive&) = default;
};

/// The options of the sockets that a client connects; see `dial_options::socket`. They apply to the
/// socket of each address that is tried. If one can't be set, that address has failed, and
/// `tried_address::option` names the option. A unix-domain socket has the buffers and the
/// functions.
struct socket_options {
  bool no_delay = true;  ///< sends small writes at once (TCP_NODELAY). Off adds latency
  std::optional<tcp_keepalive> keepalive{};  ///< SO_KEEPALIVE; without a value the system's default

  // SO_RCVBUF and SO_SNDBUF, in bytes; Linux doubles and bounds them. A size turns the system's own
  // adaptation off. 0: the system's.
  std::size_t receive_buffer = 0;
  std::size_t send_buffer = 0;

  /// An IPv4 or IPv6 address of this host to connect from: "192.0.2.7". Only addresses of its
  /// family are tried then. Empty: the system's choice.
  std::string local_address{};

  /// The network interface to connect through: "eth0". Linux only (SO_BINDTODEVICE), elsewhere it
  /// is an `errc::invalid_option`; older kernels want CAP_NET_RAW. Empty: the system's choice.
  std::string interface_name{};

  /// The Traffic Class of IPv6 and IPv4's field of that place (IPV6_TCLASS, IP_TOS): the DSCP,
  /// times four. 0: the system's default. At most 255.
  int type_of_service = 0;

  /// Called with each socket that was made, before it connects and after all options are set, and
  /// with the one that has connected, before TLS. On the client's strand; they must not block,
  /// close the socket or keep it. What they throw fails the address, or the attempt if it is not a
  /// `std::system_error`. Options are equal if they have copies of the same functions.
  shared_function<void(native_socket)> before_connect{};
  shared_function<void(native_socket)> after_connect{};

  friend bool operator==(const socket_options&, const socket_options&) = default;
};

}  // namespace wsx
