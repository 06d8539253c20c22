#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/export.hpp>

#include <memory>
#include <optional>
#include <system_error>

namespace wsx {

/// The exception that wsx operations throw: an error code with diagnostics and, from `join`, the
/// reason why the client ended. `what()` is the message of the diagnostics, or else of the code.
/// Copies share their contents.
class WSX_API_TYPE system_error : public std::system_error {
 public:
  WSX_API explicit system_error(std::error_code code, wsx::diagnostics diagnostics = {});
  WSX_API system_error(std::error_code code, close_reason reason);
  WSX_API system_error(const system_error&) noexcept;
  WSX_API system_error& operator=(const system_error&) noexcept;
  WSX_API ~system_error() override;

  WSX_API const char* what() const noexcept override;

  /// Returns the diagnostics of the failed operation, or of `reason` if it is set.
  WSX_API const wsx::diagnostics& diagnostics() const noexcept;

  /// Returns why the client ended; set only by `join`.
  WSX_API const std::optional<close_reason>& reason() const noexcept;

 private:
  struct content;
  std::shared_ptr<const content> content_;
};

}  // namespace wsx
