#include "display.hpp"
#include "host_name.hpp"
#include "http_syntax.hpp"
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

// RFC 6455 3: the resource name is path and query, which is everything after the authority.
std::string target_of(std::string_view text) {
  text.remove_prefix(text.find("://") + 3);
  text.remove_prefix(std::min(text.find_first_of("/?"), text.size()));
  return (text.starts_with('/') ? "" : "/") + std::string(text);
}

}  // namespace

std::string url::authority() const {
  std::string result = host_is_ipv6 ? "[" + host + "]" : host;
  if (port != default_port(secure())) result += ":" + std::to_string(port);
  return result;
}

std::string url::host_and_port() const {
  return (host_is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::error_code parse_url(std::string_view text, url& out) {
  std::string ignored;
  return parse_url(text, out, ignored);
}

std::error_code parse_url(std::string_view text, url& out, std::string& what) {
  if (text.empty()) return invalid("it is empty", what);
  if (text.size() > max_url_size)
    return invalid("it is longer than " + std::to_string(max_url_size) + " bytes", what);
  const parsed_uri uri(text);
  if (!uri.valid()) return invalid(protocol::describe_no_uri(text, uri.error_position()), what);
  if (!present(uri->scheme)) return invalid(protocol::describe_no_scheme(text), what);
  url result;
  if (const auto ec = read_scheme(uri, text, result, what)) return ec;
  // RFC 6455 3: no fragment. A user part would not be sent, as in browsers.
  if (present(uri->userInfo)) return invalid(protocol::user_information, what);
  if (present(uri->fragment)) return invalid("it has a fragment", what);
  if (!present(uri->hostText)) return invalid("the host is missing", what);
  if (const auto ec = read_host(uri, result, what)) return ec;
  if (const auto ec = read_port(uri, result, what)) return ec;
  result.target = target_of(text);
  out = std::move(result);
  return {};
}

}  // namespace wsx
