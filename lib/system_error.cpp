#include <wsx/system_error.hpp>

#include <utility>

namespace wsx {

struct system_error::content {
  wsx::diagnostics diagnostics{};
  std::optional<close_reason> reason{};
};

system_error::system_error(std::error_code code, wsx::diagnostics diagnostics)
    : std::system_error(code),
      content_(std::make_shared<content>(content{std::move(diagnostics), std::nullopt})) {}

system_error::system_error(std::error_code code, close_reason reason)
    : std::system_error(code),
      content_(std::make_shared<content>(content{{}, std::move(reason)})) {}

system_error::system_error(const system_error&) noexcept = default;
system_error& system_error::operator=(const system_error&) noexcept = default;
system_error::~system_error() = default;

const char* system_error::what() const noexcept {
  const auto& message = diagnostics().message;
  return message.empty() ? std::system_error::what() : message.c_str();
}

const wsx::diagnostics& system_error::diagnostics() const noexcept {
  return content_->reason ? content_->reason->diagnostics : content_->diagnostics;
}

const std::optional<close_reason>& system_error::reason() const noexcept {
  return content_->reason;
}

}  // namespace wsx
