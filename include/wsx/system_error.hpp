#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/export.hpp>

#include <memory>
#include <optional>
#include <system_error>

namespace wsx {

/// What wsx operations throw: an error code, with diagnostics, and, where a client has ended, why.
/// `what()` is the diagnostics' message, or the code's. Copies share what they hold.
class system_error : public std::system_error {
 public:
  WSX_API explicit system_error(std::error_code code, wsx::diagnostics diagnostics = {});
  WSX_API system_error(std::error_code code, close_reason reason);
  WSX_API system_error(const system_error&) noexcept;
  WSX_API system_error& operator=(const system_error&) noexcept;
  WSX_API ~system_error() override;

  WSX_API const char* what() const noexcept override;

  /// Those of `reason`, if there is one.
  WSX_API const wsx::diagnostics& diagnostics() const noexcept;

  /// Why the client ended; set by `join` only.
  WSX_API const std::optional<close_reason>& reason() const noexcept;

 private:
  struct content;
  std::shared_ptr<const content> content_;
};

}  // namespace wsx
