#include "http_syntax.hpp"

#include <wsx/header.hpp>

namespace wsx {

const std::string* find_header(const header_list& headers, std::string_view name) noexcept {
  for (const header& field : headers) {
    if (protocol::http::iequals(field.name, name)) return &field.value;
  }
  return nullptr;
}

}  // namespace wsx
