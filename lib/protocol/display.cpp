#include "display.hpp"

#include "http_syntax.hpp"

#include <uriparser/Uri.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace wsx::protocol {

namespace {

constexpr std::size_t most_of_url = 200;
constexpr std::string_view dots = "...";

std::string in_hex(std::string_view prefix, unsigned value, int digits) {
  std::string result(prefix);
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    result += "0123456789abcdef"[value >> shift & 0xf];
  return result;
}

// The first character of `text`: its size in bytes and its code point; 1 byte and no code point if
// it is not UTF-8. RFC 3629 3, 4.
struct character {
  std::size_t size = 1;
  bool valid = false;
  char32_t code = 0;
};

character first_of(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, true, lead};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  char32_t code = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least[size] || code > 0x10ffff || surrogate) return {};
  return {size, true, code};
}

bool is_control_character(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

// Zero-width and bidirectional controls, line and paragraph separators, and the byte order mark.
bool is_unseen(char32_t c) noexcept {
  return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0x061c || c == 0xfeff;
}

std::string escaped(std::string_view bytes, character c) {
  if (!c.valid) return in_hex("\\x", static_cast<unsigned char>(bytes.front()), 2);
  switch (c.code) {
    case '\r': return "\\r";
    case '\n': return "\\n";
    case '\t': return "\\t";
    case '\\': return "\\\\";
    case '"': return "\\\"";
    default: break;
  }
  if (is_control_character(c.code)) return in_hex("\\x", static_cast<unsigned>(c.code), 2);
  if (is_unseen(c.code)) return in_hex("\\u", static_cast<unsigned>(c.code), 4);
  return std::string(bytes);
}

bool is_uri(std::string_view text) noexcept {
  UriUriA uri{};
  const bool valid =
      uriParseSingleUriExA(&uri, text.data(), text.data() + text.size(), nullptr) == URI_SUCCESS;
  if (valid) uriFreeUriMembersA(&uri);
  return valid;
}

// Returns the size of the scheme and "://"; 0 if there is none.
std::size_t scheme_size(std::string_view text) noexcept {
  const std::size_t colon = text.find("://");
  const bool scheme = colon != std::string_view::npos &&
                      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                                  http::is_scheme_char);
  return scheme ? colon + 3 : 0;
}

// Returns the text after the scheme without user information; nothing if the two can't be
// separated. RFC 3986 3.2.1: in a URL user information ends at the "@" of the authority, and a path
// alone has none. In other texts it may be everything before an "@", which may also occur in a
// query.
std::optional<std::string_view> without_user(std::string_view rest, bool is_url, bool is_path) {
  if (is_path) return rest;
  const std::size_t authority = rest.find_first_of("/?#");
  if (!is_url && rest.substr(std::min(rest.find_first_of("?#"), rest.size())).find('@') !=
                     std::string_view::npos)
    return std::nullopt;
  const auto within = is_url ? rest.substr(0, authority) : rest;
  const auto at = within.rfind('@');
  return at == std::string_view::npos ? rest : rest.substr(at + 1);
}

// Also hides a parameter without a name, which may be a token.
std::string without_values(std::string_view query) {
  std::string result;
  while (!query.empty() && result.size() < most_of_url) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::size_t equals = query.substr(0, end).find('=');
    if (equals != std::string_view::npos) result.append(query.substr(0, equals + 1));
    if (end > 0) result += "***";
    if (end < query.size()) result += query[end];
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return result;
}

// Returns whether the text is the URL of a unix-domain socket, which has a path or a name in place
// of an authority, and so no user information.
bool names_socket(std::string_view text) noexcept {
  constexpr std::string_view scheme = "ws+unix:";
  if (!http::iequals(text.substr(0, scheme.size()), scheme)) return false;
  text.remove_prefix(scheme.size());
  return text.starts_with('@') || text.starts_with("///") ||
         (text.starts_with('/') && !text.starts_with("//"));
}

std::string display_rest(std::string_view scheme, std::string_view rest) {
  rest = rest.substr(0, rest.find('#'));
  const std::size_t query = std::min(rest.find('?'), rest.size());
  std::string shown(scheme);
  shown.append(rest.substr(0, query));
  if (query < rest.size()) shown.append("?").append(without_values(rest.substr(query + 1)));
  return escape(shown, most_of_url);
}

}  // namespace

std::string escape(std::string_view text, std::size_t max) {
  std::string result;
  std::size_t count = 0;    // characters in the result
  std::size_t fitting = 0;  // the part of the result that leaves space for the dots
  const std::size_t room = max < dots.size() ? 0 : max - dots.size();
  while (!text.empty()) {
    const character c = first_of(text);
    const std::string next = escaped(text.substr(0, c.size), c);
    const bool as_it_is = c.valid && next == text.substr(0, c.size);
    count += as_it_is ? 1 : next.size();
    if (count > max) return result.substr(0, fitting).append(dots.substr(0, max));
    result += next;
    if (count <= room) fitting = result.size();
    text.remove_prefix(c.size);
  }
  return result;
}

std::string quote(std::string_view text, std::size_t max) {
  return '"' + escape(text, max) + '"';
}

std::string display_url(std::string_view text) {
  if (names_socket(text)) return display_rest({}, text);
  const std::size_t scheme = scheme_size(text);
  const bool valid = is_uri(text);
  const std::string_view behind = text.substr(scheme);
  const bool has_authority = scheme > 0 && !behind.empty() && behind.front() != '/';
  const bool is_path = text.starts_with('/') && !text.starts_with("//");
  const auto shown_part = without_user(behind, valid && has_authority, valid && is_path);
  if (!shown_part) return escape(text.substr(0, scheme), most_of_url) + "***";
  return display_rest(text.substr(0, scheme), *shown_part);
}

std::string display_field(std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 3> urls{"location", "content-location", "referer"};
  constexpr std::array<std::string_view, 26> harmless{"accept",
                                                      "allow",
                                                      "cache-control",
                                                      "connection",
                                                      "content-encoding",
                                                      "content-length",
                                                      "content-type",
                                                      "date",
                                                      "expires",
                                                      "host",
                                                      "keep-alive",
                                                      "last-modified",
                                                      "origin",
                                                      "pragma",
                                                      "retry-after",
                                                      "sec-websocket-accept",
                                                      "sec-websocket-extensions",
                                                      "sec-websocket-protocol",
                                                      "sec-websocket-version",
                                                      "server",
                                                      "transfer-encoding",
                                                      "upgrade",
                                                      "user-agent",
                                                      "vary",
                                                      "via",
                                                      "x-powered-by"};
  const auto is_name = [name](std::string_view known) {
    return http::iequals(http::trim_ows(name), known);
  };
  const std::string shown = escape(name) + ": ";
  if (std::any_of(urls.begin(), urls.end(), is_name)) return shown + display_url(value);
  if (std::any_of(harmless.begin(), harmless.end(), is_name)) return shown + escape(value);
  return shown + "***";
}

std::string name_of(char c) {
  switch (c) {
    case '\0': return "a NUL";
    case '\t': return "a tab";
    case '\n': return "a line feed";
    case '\r': return "a carriage return";
    case ' ': return "a space";
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7f) return in_hex("the control character \\x", byte, 2);
  if (byte >= 0x80) return in_hex("the byte \\x", byte, 2);
  return std::string("the character ") + c;
}

}  // namespace wsx::protocol
