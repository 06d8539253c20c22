#include "display.hpp"
#include "host_name.hpp"
#include "http_syntax.hpp"
#include "international_name.hpp"
#include "percent_encoding.hpp"
#include "url_fault.hpp"

#include <wsx/error.hpp>
#include <wsx/url.hpp>

#include <uriparser/Uri.h>

#include <algorithm>
#include <charconv>

namespace wsx {

namespace {

// More than any server accepts in a request line. It limits the work, and uriparser's recursion.
constexpr std::size_t max_url_size = 8 * 1024;

// Parses with uriparser, by RFC 3986. The parts point into the text.
class parsed_uri {
 public:
  explicit parsed_uri(std::string_view text) noexcept
      : text_(text),
        valid_(uriParseSingleUriExA(&uri_, text.data(), text.data() + text.size(), &end_) ==
               URI_SUCCESS) {}
  ~parsed_uri() {
    if (valid_) uriFreeUriMembersA(&uri_);
  }
  parsed_uri(const parsed_uri&) = delete;
  parsed_uri& operator=(const parsed_uri&) = delete;

  bool valid() const noexcept { return valid_; }
  const UriUriA* operator->() const noexcept { return &uri_; }

  /// Returns where the text stops being a URI, if it is none.
  std::size_t error_position() const noexcept {
    return end_ == nullptr ? text_.size() : static_cast<std::size_t>(end_ - text_.data());
  }

 private:
  UriUriA uri_{};
  const char* end_ = nullptr;
  std::string_view text_;
  bool valid_;
};

std::string_view view(const UriTextRangeA& range) noexcept {
  return {range.first, range.afterLast};
}

// uriparser distinguishes an absent part from an empty one, as RFC 3986 5.3 requires.
bool present(const UriTextRangeA& range) noexcept {
  return range.first != nullptr;
}

std::string lower(std::string_view s) {
  std::string result(s);
  std::transform(s.begin(), s.end(), result.begin(), protocol::http::to_lower);
  return result;
}

std::uint16_t default_port(bool secure) noexcept {
  return secure ? 443 : 80;
}

// What looks like a scheme may be the host or a user name: "localhost:7802".
std::error_code read_scheme(const parsed_uri& uri, std::string_view text, url& out,
                            std::string& what) {
  const std::string scheme = lower(view(uri->scheme));
  const bool secure = scheme == "wss" || scheme == "https";
  out.scheme = secure ? "wss" : "ws";
  if (secure || scheme == "ws" || scheme == "http") return {};
  const bool meant = text.substr(scheme.size()).starts_with("://");
  what = meant ? "the scheme is " + protocol::quote(scheme, 20) + ", not ws or wss"
               : protocol::describe_no_scheme(text);
  return errc::unsupported_scheme;
}

std::error_code invalid(std::string_view why, std::string& what) {
  what = why;
  return errc::invalid_url;
}

// Resolvers accept "127.1" and "0x7f000001" as IPv4 addresses, certificates do not. RFC 1123 2.1: a
// name never ends in a number. An empty last label is ignored.
bool ends_in_number(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view label = host.substr(host.rfind('.') + 1);
  const bool hex = label.starts_with("0x");
  return label.find_first_not_of(hex ? "0123456789abcdef" : "0123456789", hex ? 2 : 0) ==
         std::string_view::npos;
}

std::error_code read_host(const parsed_uri& uri, url& out, std::string& what) {
  out.host = lower(view(uri->hostText));
  if (out.host.empty()) return invalid("the host is missing", what);
  const std::string shown = "the host " + protocol::quote(out.host);
  // RFC 3986 3.2.2: IPvFuture, of which there are none.
  if (present(uri->hostData.ipFuture)) return invalid(shown + " is not an IP address", what);
  out.host_is_ipv6 = uri->hostData.ip6 != nullptr;
  out.host_is_ip = out.host_is_ipv6 || uri->hostData.ip4 != nullptr;
  if (out.host_is_ip) return {};
  if (!protocol::is_host_name(out.host)) return invalid(shown + " is not a name", what);
  if (!ends_in_number(out.host)) return {};
  return invalid(shown + " is neither a name nor an IPv4 address", what);
}

// RFC 3986 3.2.3: an empty port is the same as an absent one.
std::error_code read_port(const parsed_uri& uri, url& out, std::string& what) {
  const std::string_view text = view(uri->portText);
  out.port = default_port(out.secure());
  if (text.empty()) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.port);
  if (error != std::errc{} || out.port == 0) return invalid(protocol::bad_port, what);
  return {};
}

// The parts of a URL's text. RFC 3986 3, but for user information with an unencoded "@", where the
// last one counts, as in browsers.
struct url_text {
  explicit url_text(std::string_view text) {
    const std::size_t begin = text.find("://");
    if (begin == std::string_view::npos) {
      scheme_and_host = text;
      return;
    }
    const std::size_t authority = begin + 3;
    const std::size_t end = std::min(text.find_first_of("/?#", authority), text.size());
    const std::size_t at = text.substr(0, end).rfind('@');
    const bool has_user = at != std::string_view::npos && at >= authority;
    scheme = text.substr(0, authority);
    user_info = has_user ? text.substr(authority, at - authority) : std::string_view();
    host_and_port = text.substr(has_user ? at + 1 : authority);
    host_and_port.remove_suffix(text.size() - end);
    scheme_and_host = std::string(scheme).append(host_and_port);
    const std::size_t hash = std::min(text.find('#', end), text.size());
    target = text.substr(end, hash - end);
    target_begin = end;
    has_fragment = hash < text.size();
  }

  std::string_view scheme{};  // with "://"
  std::string_view user_info{};
  std::string_view host_and_port{};
  std::string_view target{};
  std::size_t target_begin = 0;
  bool has_fragment = false;
  std::string scheme_and_host{};  // what is parsed by RFC 3986
};

bool is_ascii(std::string_view s) noexcept {
  return std::none_of(s.begin(), s.end(),
                      [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// RFC 6874, whose "%25" few people write; RFC 3986 has no zones. Takes the zone away.
std::error_code take_zone(url_text& text, url& out, std::string& what) {
  const std::string_view host = text.host_and_port;
  const std::size_t percent = host.find('%');
  const std::size_t end = host.find(']');
  if (!host.starts_with('[') || percent == std::string_view::npos || percent > end) return {};
  if (end == std::string_view::npos) return {};
  std::string_view zone = host.substr(percent + 1, end - percent - 1);
  if (zone.starts_with("25") && zone.size() > 2) zone.remove_prefix(2);
  const auto allowed = [](char c) {
    return protocol::http::is_alpha(c) || protocol::http::is_digit(c) ||
           std::string_view("-._~").find(c) != std::string_view::npos;
  };
  if (zone.empty() || !std::all_of(zone.begin(), zone.end(), allowed))
    return invalid("the zone " + protocol::quote(zone) + " is not the name of an interface", what);
  out.zone = zone;
  text.scheme_and_host =
      std::string(text.scheme).append(host.substr(0, percent)).append(host.substr(end));
  return {};
}

// The host of a URL that is not ASCII.
std::error_code convert_name(url_text& text, std::string& what) {
  const std::size_t colon = std::min(text.host_and_port.find(':'), text.host_and_port.size());
  const std::string name = protocol::to_ascii_name(text.host_and_port.substr(0, colon), what);
  if (name.empty()) return errc::invalid_url;
  text.scheme_and_host =
      std::string(text.scheme).append(name).append(text.host_and_port.substr(colon));
  return {};
}

// RFC 7617 2: neither part has control characters, and the name has no colon.
std::error_code read_user_info(std::string_view text, url& out, std::string& what) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string name = protocol::percent_decode(text.substr(0, colon));
  const std::string password =
      protocol::percent_decode(text.substr(std::min(colon + 1, text.size())));
  if (name.find(':') != std::string::npos) return invalid("the user name has a colon", what);
  // Where it is would tell the length of a password.
  if (!protocol::fault_in(name + password, 0).empty())
    return invalid("the user information has a control character, or is not UTF-8", what);
  if (!name.empty() || !password.empty()) out.user_info = name + ":" + password;
  return {};
}

// RFC 6455 3: the resource name is path and query, which is everything after the authority.
std::error_code read_target(std::string_view target, std::size_t begin, bool has_fragment, url& out,
                            std::string& what) {
  const std::size_t query = std::min(target.find('?'), target.size());
  if (const auto fault = protocol::fault_in(target.substr(0, query), begin); !fault.empty())
    return invalid("the path has " + fault, what);
  if (const auto fault = protocol::fault_in(target.substr(query), begin + query); !fault.empty())
    return invalid("the query has " + fault, what);
  if (has_fragment) return invalid("it has a fragment", what);
  out.target = protocol::encode_target(target);
  if (out.target.size() <= max_url_size) return {};
  return invalid("its path and query are longer than " + std::to_string(max_url_size) +
                     " bytes, percent-encoded",
                 what);
}

// The longest path that fits a `sockaddr_un` with its NUL.
#if defined(__linux__)
constexpr std::size_t max_socket_path = 107;
#else
constexpr std::size_t max_socket_path = 103;
#endif

std::error_code read_socket_path(std::string_view text, std::size_t begin, url& out,
                                 std::string& what) {
  if (text.empty()) return invalid("the path of the socket is missing", what);
  if (text.find('?') != std::string_view::npos)
    return invalid("the path of the socket has a question mark, which is written %3F there", what);
  if (const auto fault = protocol::fault_in(text, begin); !fault.empty())
    return invalid("the path of the socket has " + fault, what);
  out.socket_path = protocol::percent_decode(text);
  if (const auto fault = protocol::fault_in(out.socket_path, 0); !fault.empty())
    return invalid("the path of the socket, decoded, has " + fault, what);
  if (text == "@") return invalid("the name of the abstract socket is missing", what);
  if (!text.starts_with('@') && !out.socket_path.starts_with('/'))
    return invalid("the path of the socket does not begin with a slash", what);
  if (out.socket_path.size() <= max_socket_path) return {};
  return invalid(
      "the path of the socket is longer than " + std::to_string(max_socket_path) + " bytes", what);
}

bool names_socket(std::string_view text) noexcept {
  const std::string_view scheme = text.substr(0, text.find(':'));
  return protocol::http::iequals(scheme, "ws+unix") || protocol::http::iequals(scheme, "wss+unix");
}

// Not by RFC 3986, for which a path may have colons.
std::error_code parse_socket_url(std::string_view text, url& out, std::string& what) {
  std::size_t begin = text.find(':') + 1;
  if (!protocol::http::iequals(text.substr(0, begin), "ws+unix:")) {
    what = "wss+unix is not supported: a unix-domain socket needs no TLS, use ws+unix";
    return errc::unsupported_scheme;
  }
  url result;
  result.scheme = "ws+unix";
  result.host = "localhost";
  result.port = default_port(false);
  if (text.substr(begin).starts_with("//")) begin += 2;
  if (text.substr(begin).starts_with('@') && text[begin - 1] == '/')
    return invalid("an abstract socket is written without slashes: ws+unix:@name", what);
  const std::size_t hash = std::min(text.find('#', begin), text.size());
  const std::size_t end = std::min(text.find(':', begin), hash);
  if (const auto ec = read_socket_path(text.substr(begin, end - begin), begin, result, what))
    return ec;
  const std::size_t target = std::min(end + 1, hash);
  const std::string_view rest = text.substr(target, hash - target);
  if (!rest.empty() && !rest.starts_with('/') && !rest.starts_with('?'))
    return invalid("the path behind that of the socket does not begin with a slash", what);
  if (const auto ec = read_target(rest, target, hash < text.size(), result, what)) return ec;
  out = std::move(result);
  return {};
}

}  // namespace

std::string url::authority() const {
  std::string result = host_is_ipv6 ? "[" + host + "]" : host;
  if (port != default_port(secure())) result += ":" + std::to_string(port);
  return result;
}

std::string url::host_and_port() const {
  if (!socket_path.empty()) return "unix:" + socket_path;
  const std::string scope = zone.empty() ? "" : "%" + zone;
  return (host_is_ipv6 ? "[" + host + scope + "]" : host) + ":" + std::to_string(port);
}

std::string url::without_user_info() const {
  if (socket_path.empty()) return scheme + "://" + authority() + target;
  const std::string_view slashes = socket_path.starts_with('@') ? "" : "//";
  return scheme + ":" + std::string(slashes) + protocol::encode_socket_path(socket_path) + ":" +
         target;
}

std::error_code parse_url(std::string_view text, url& out) {
  std::string ignored;
  return parse_url(text, out, ignored);
}

std::error_code parse_url(std::string_view text, url& out, std::string& what) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty()) return invalid("it is empty", what);
  if (text.size() > max_url_size)
    return invalid("it is longer than " + std::to_string(max_url_size) + " bytes", what);
  if (names_socket(text)) return parse_socket_url(text, out, what);
  url result;
  url_text parts(text);
  if (const auto ec = take_zone(parts, result, what)) return ec;
  if (!is_ascii(parts.host_and_port)) {
    if (const auto ec = convert_name(parts, what)) return ec;
  }
  const parsed_uri uri(parts.scheme_and_host);
  if (!uri.valid())
    return invalid(protocol::describe_no_uri(parts.scheme_and_host, uri.error_position()), what);
  if (!present(uri->scheme)) return invalid(protocol::describe_no_scheme(text), what);
  if (const auto ec = read_scheme(uri, text, result, what)) return ec;
  if (!present(uri->hostText)) return invalid("the host is missing", what);
  if (const auto ec = read_host(uri, result, what)) return ec;
  if (const auto ec = read_port(uri, result, what)) return ec;
  if (const auto ec = read_user_info(parts.user_info, result, what)) return ec;
  if (const auto ec =
          read_target(parts.target, parts.target_begin, parts.has_fragment, result, what))
    return ec;
  out = std::move(result);
  return {};
}

}  // namespace wsx
