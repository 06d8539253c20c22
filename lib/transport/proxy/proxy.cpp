#include "proxy.hpp"

#include "../../protocol/display.hpp"
#include "../../protocol/http_syntax.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace wsx {

namespace {

using namespace std::string_view_literals;

constexpr std::array known{
    std::pair("http"sv, proxy_kind::http), std::pair("https"sv, proxy_kind::https),
    std::pair("socks5"sv, proxy_kind::socks5), std::pair("socks5h"sv, proxy_kind::socks5h)};

// RFC 3986 3.2: an empty port is the same as none. `text` follows the "://".
bool has_port(std::string_view text) noexcept {
  text = text.substr(0, text.find_first_of("/?#"));
  text.remove_prefix(text.rfind('@') + 1);  // npos + 1 is 0
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  return colon != std::string_view::npos && colon + 1 < text.size() &&
         (bracket == std::string_view::npos || colon > bracket);
}

// Those of curl.
std::uint16_t default_port(proxy_kind kind) noexcept {
  return kind == proxy_kind::https ? 443 : 1080;
}

// RFC 1929 2: the length of each has one byte.
bool fits_socks(std::string_view user_info) noexcept {
  constexpr std::size_t most = 255;
  const std::size_t colon = std::min(user_info.find(':'), user_info.size());
  return colon <= most && user_info.size() <= colon + 1 + most;
}

}  // namespace

bool parse_proxy(std::string_view text, proxy& out, std::string& what) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const std::size_t end = text.find("://");
  const std::string_view scheme = text.substr(0, end);
  if (end == std::string_view::npos ||
      !std::all_of(scheme.begin(), scheme.end(), protocol::http::is_scheme_char)) {
    what =
        "the scheme is missing: a proxy's URL begins with http://, https://, socks5:// or "
        "socks5h://";
    return false;
  }
  const auto* const found = std::find_if(known.begin(), known.end(), [scheme](const auto& each) {
    return protocol::http::iequals(each.first, scheme);
  });
  if (found == known.end()) {
    what = "the scheme is " + protocol::quote(scheme, 20) + ", not http, https, socks5 or socks5h";
    return false;
  }
  proxy result{.kind = found->second};
  const bool secure = result.kind == proxy_kind::https;
  const std::string as_web = (secure ? "https" : "http") + std::string(text.substr(end));
  if (parse_url(as_web, result.at, what)) return false;
  if (!has_port(text.substr(end + 3))) result.at.port = default_port(result.kind);
  if (result.at.target != "/") {
    what = "it has a path or a query";
    return false;
  }
  const bool socks = result.kind == proxy_kind::socks5 || result.kind == proxy_kind::socks5h;
  if (socks && !fits_socks(result.at.user_info)) {
    what = "the user name or the password is longer than 255 bytes";
    return false;
  }
  out = std::move(result);
  return true;
}

}  // namespace wsx
