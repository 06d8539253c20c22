#pragma once

#include <wsx/url.hpp>

#include <string>
#include <string_view>

namespace wsx {

enum class proxy_kind { http, https, socks5, socks5h };

/// A proxy and how to ask it.
struct proxy {
  proxy_kind kind = proxy_kind::http;
  url at{};  ///< where it is; `user_info` is for it, and a secret. The scheme is that of TLS or not
};

/// Parses the URL of a proxy, as in `proxy_options::url`; on failure `out` is unchanged. `what` is
/// then a phrase for people, without user information.
bool parse_proxy(std::string_view text, proxy& out, std::string& what);

}  // namespace wsx
