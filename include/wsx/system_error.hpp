#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/response_headers.hpp>

#include <optional>
#include <string>
#include <system_error>

namespace wsx {

/// What is known about a failure beyond its error code.
struct diagnostics {
  std::string detail{};  ///< what was wrong: an option, a header, its value, a host, a file

  // A handshake that the server refused.
  int http_status = 0;  ///< 0: no response head came
  response_headers http_headers{};
  std::string http_body{};  ///< at most the first 4 KiB

  // A certificate that was refused.
  int certificate_error = 0;          ///< the X509_V_ERR_ value of OpenSSL; 0: none
  int certificate_depth = 0;          ///< 0: the server's own certificate, above: its issuers
  std::string certificate_subject{};  ///< the subject of the refused certificate
};

/// What wsx operations throw: an error code, with diagnostics, and, where a client has ended, why.
class system_error : public std::system_error {
 public:
  explicit system_error(std::error_code code, wsx::diagnostics diagnostics = {})
      : std::system_error(code, diagnostics.detail), diagnostics_(std::move(diagnostics)) {}

  system_error(std::error_code code, close_reason reason)
      : std::system_error(code, reason.text), reason_(std::move(reason)) {}

  const wsx::diagnostics& diagnostics() const noexcept { return diagnostics_; }

  /// Why the client ended; set by `join` only.
  const std::optional<close_reason>& reason() const noexcept { return reason_; }

 private:
  wsx::diagnostics diagnostics_{};
  std::optional<close_reason> reason_{};
};

}  // namespace wsx
