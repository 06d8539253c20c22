#include "units.hpp"

#include "../protocol/display.hpp"

#include <wsx/frame.hpp>
#include <wsx/to_string.hpp>

#include <fmt/format.h>

namespace wsx::detail {

std::string bytes_of(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "byte" : "bytes");
}

std::string ms_of(std::chrono::nanoseconds duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  return fmt::format("{} ms", ms.count());
}

std::string us_of(std::chrono::nanoseconds duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration);
  return fmt::format("{} us", us.count());
}

std::string code_and_reason(close_code code, std::string_view reason) {
  if (reason.empty()) return to_string(code);
  return to_string(code) + ": " + protocol::quote(reason, max_close_reason);
}

std::string thrown(const std::exception_ptr& exception) {
  constexpr std::size_t most = 400;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    return protocol::escape(e.what(), most);
  } catch (...) {
    return "something that is no std::exception";
  }
}

std::string status_of(const diagnostics& known) {
  if (known.http_status == 0) return {};
  const auto status = fmt::format("HTTP {}", known.http_status);
  return known.http_reason.empty() ? status : status + ' ' + protocol::escape(known.http_reason);
}

members& members::add(std::string_view name, std::string_view value) {
  if (text_.size() > 1) text_ += ", ";
  text_.append(name).append(": ").append(value);
  return *this;
}

members& members::add_quoted(std::string_view name, std::string_view value) {
  return add(name, std::string_view(protocol::quote(value)));
}

members& members::add(std::string_view name, bool value) {
  return add(name, value ? "true" : "false");
}

}  // namespace wsx::detail
