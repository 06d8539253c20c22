#pragma once

#include <wsx/close_code.hpp>
#include <wsx/diagnostics.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

// The parts of `to_string`'s texts.

namespace wsx::detail {

// "1 byte", "5 bytes"
std::string bytes_of(std::size_t count);

// "500 ms"
std::string ms_of(std::chrono::nanoseconds duration);

// "500 us"
std::string us_of(std::chrono::nanoseconds duration);

// `1001 (going away): "bye"`
std::string code_and_reason(close_code code, std::string_view reason);

// Describes the exception of a callback, if it has a message.
std::string thrown(const std::exception_ptr& exception);

// "HTTP 401 Unauthorized"; empty without a status.
std::string status_of(const diagnostics& known);

// "{name: value, ...}"
class members {
 public:
  members& add(std::string_view name, std::string_view value);
  members& add_quoted(std::string_view name, std::string_view value);
  members& add(std::string_view name, bool value);
  members& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  template <std::integral Number>
  members& add(std::string_view name, Number value) {
    return add(name, std::string_view(std::to_string(value)));
  }

  std::string text() && { return std::move(text_) + "}"; }

 private:
  std::string text_ = "{";
};

}  // namespace wsx::detail
