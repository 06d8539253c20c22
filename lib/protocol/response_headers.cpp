#include "http_syntax.hpp"

#include <wsx/response_headers.hpp>

namespace wsx {

response_headers::response_headers(const header_list& fields) {
  std::size_t size = 0;
  for (const header& each : fields) size += each.name.size() + each.value.size() + 2;
  text_.reserve(size);
  for (const header& each : fields) {
    text_.append(each.name) += ':';
    text_.append(each.value) += '\n';
  }
}

response_headers::field response_headers::iterator::operator*() const noexcept {
  const auto line = rest_.substr(0, rest_.find('\n'));
  const auto colon = line.find(':');
  return {line.substr(0, colon), line.substr(colon + 1)};
}

response_headers::iterator& response_headers::iterator::operator++() noexcept {
  rest_.remove_prefix(rest_.find('\n') + 1);
  return *this;
}

std::optional<std::string_view> response_headers::find(std::string_view name) const noexcept {
  for (const field f : *this) {
    if (protocol::http::iequals(f.name, name)) return f.value;
  }
  return std::nullopt;
}

}  // namespace wsx
