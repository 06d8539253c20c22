#pragma once

#include <wsx/url.hpp>

#include <string_view>

namespace wsx {

/// Returns whether `list`, as in `proxy_options::no_proxy`, has the host and port of `to`. What it
/// has of no such form is nobody.
bool is_exempt(std::string_view list, const url& to);

}  // namespace wsx
