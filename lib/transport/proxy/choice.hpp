#pragma once

#include "proxy.hpp"

#include <wsx/proxy_options.hpp>
#include <wsx/url.hpp>

#include <optional>
#include <string>
#include <system_error>

namespace wsx {

/// Returns the value of a variable of the environment; empty if it has none.
using environment = std::string (*)(const char* name);

/// Reads the environment of the process.
std::string environment_of_process(const char* name);

/// Returns the proxy by which to connect to `to`, by the rules of `proxy_options`; nothing if there
/// is none. With an error, `what` is a phrase that names the option or variable at fault.
std::optional<proxy> choose_proxy(const proxy_options& options, const url& to, environment read,
                                  std::error_code& error, std::string& what);

/// Checks the options alone: `errc::invalid_option` with a phrase in `what`.
std::error_code check_proxy(const proxy_options& options, std::string& what);

}  // namespace wsx
