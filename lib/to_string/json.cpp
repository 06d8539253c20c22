#include "json.hpp"

#include <fmt/format.h>

namespace wsx::detail {

namespace {

// RFC 8259 7.
void append_quoted(std::string& to, std::string_view text) {
  to += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      to += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      to += c;
    }
  }
  to += '"';
}

}  // namespace

json_object& json_object::add_raw(std::string_view name, std::string_view value) {
  if (text_.size() > 1) text_ += ',';
  append_quoted(text_, name);
  text_ += ':';
  text_ += value;
  return *this;
}

json_object& json_object::add(std::string_view name, std::string_view value) {
  std::string quoted;
  append_quoted(quoted, value);
  return add_raw(name, quoted);
}

json_object& json_object::add(std::string_view name, double value) {
  return add_raw(name, fmt::format("{}", value));
}

}  // namespace wsx::detail
