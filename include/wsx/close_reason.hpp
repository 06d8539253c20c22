#pragma once

#include <wsx/close_code.hpp>
#include <wsx/diagnostics.hpp>

#include <exception>
#include <optional>
#include <string>
#include <system_error>

namespace wsx {

/// Who ended a connection.
enum class close_origin {
  local,   ///< this side began the closing handshake
  remote,  ///< the server did, or its TCP connection ended
  error,   ///< something failed: see `close_reason::error` and `exception`
};

/// Why a connection, or a client, ended.
struct close_reason {
  close_origin origin = close_origin::error;
  std::optional<close_code> received{};  ///< the code of the server's Close frame, if it had one

  /// The code of the client's Close frame, if it had one and the transport took all of that frame.
  std::optional<close_code> sent{};

  /// The code that this side asked to close with, whether or not the frame got out.
  std::optional<close_code> requested{};
  std::string text{};       ///< the reason in the Close frame of the side that closed first
  std::error_code error{};  ///< what failed; clear after a closing handshake
  /// The exception thrown by a callback (`errc::handler_failed`) or within the client
  /// (`errc::internal_failure`).
  std::exception_ptr exception{};

  /// `message` says in one sentence how the connection or client ended; it is empty after a normal
  /// end.
  wsx::diagnostics diagnostics{};

  /// Whether both sides sent Close, ours as far as the transport took it, and the server then ended
  /// the TCP connection in time, in any way. Browsers call this `wasClean`. RFC 6455 7.1.4.
  bool clean = false;

  /// Returns the code of the side that closed first.
  std::optional<close_code> code() const noexcept {
    return origin == close_origin::remote ? received : requested;
  }

  /// Returns whether this is a normal end: a closing handshake with code 1000 or without a code.
  bool normal() const noexcept {
    return origin != close_origin::error && !error && !exception &&
           code().value_or(close_code::normal) == close_code::normal;
  }
};

}  // namespace wsx
