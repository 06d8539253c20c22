#include "url_fault.hpp"

#include "display.hpp"
#include "http_syntax.hpp"

#include <wsx/url.hpp>

#include <algorithm>

namespace wsx::protocol {

namespace {

std::string at(std::size_t position) {
  return " at character " + std::to_string(position + 1);
}

// RFC 3986 2: characters that a URI can't contain unencoded.
bool is_foreign(char c) noexcept {
  return !http::is_visible(c) || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos;
}

bool is_hex(char c) noexcept {
  const char lower = http::to_lower(c);
  return http::is_digit(c) || (lower >= 'a' && lower <= 'f');
}

// Returns the position of a "%" that does not begin an encoded byte, RFC 3986 2.1; npos if there is
// none.
std::size_t find_bare_percent(std::string_view text) noexcept {
  for (std::size_t i = text.find('%'); i < text.size(); i = text.find('%', i + 1)) {
    const bool encoded = i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    if (!encoded) return i;
  }
  return std::string_view::npos;
}

// RFC 3986 3.2: returns what is between the "//" and the path.
std::string_view authority_of(std::string_view text) noexcept {
  const std::size_t begin = text.find("//");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + 2);
  return text.substr(0, text.find_first_of("/?#"));
}

std::string describe_authority(std::string_view authority) {
  if (authority.find_first_of("[]") != std::string_view::npos)
    return "what is in brackets is not an IPv6 address, or not all of the host";
  const auto colons = std::count(authority.begin(), authority.end(), ':');
  if (colons > 1) return "the host has more than one colon: an IPv6 address stands in brackets";
  const std::string_view port = authority.substr(std::min(authority.find(':'), authority.size()));
  if (port.find_first_not_of(":0123456789") != std::string_view::npos) return std::string(bad_port);
  return {};
}

}  // namespace

std::string describe_no_uri(std::string_view text, std::size_t position) {
  const auto foreign = std::find_if(text.begin(), text.end(), is_foreign);
  const auto where = static_cast<std::size_t>(foreign - text.begin());
  if (foreign != text.end() && static_cast<unsigned char>(*foreign) < 0x80)
    return "it has " + name_of(*foreign) + at(where);
  if (foreign != text.end()) return name_of(*foreign) + at(where) + " is not percent-encoded";
  const std::size_t percent = find_bare_percent(text);
  if (percent != std::string_view::npos)
    return "the %" + at(percent) + " is not followed by two hexadecimal digits";
  if (std::string said = describe_authority(authority_of(text)); !said.empty()) return said;
  const std::size_t scheme = text.find("://");
  const bool absolute = scheme != std::string_view::npos && scheme > 0;
  return absolute ? "it is malformed" + at(std::min(position, text.size()))
                  : describe_no_scheme(text);
}

// Proposes only what would work. The text before an "@" may be a password.
std::string describe_no_scheme(std::string_view text) {
  const std::string instead = "ws://" + std::string(text);
  url ignored;
  const bool may_be_shown = text.find('@') == std::string_view::npos;
  const bool works =
      may_be_shown && text.find("://") == std::string_view::npos && !parse_url(instead, ignored);
  return "the scheme is missing: " +
         (works ? "write " + display_url(instead) : "a URL begins with ws:// or wss://");
}

}  // namespace wsx::protocol
