#include "choice.hpp"

#include "no_proxy.hpp"

#include <wsx/error.hpp>

#include <array>
#include <cstdlib>
#include <span>

namespace wsx {

namespace {

// In curl's order. A CGI program gets what its client sends as the header "Proxy" in HTTP_PROXY.
constexpr std::array for_ws{"ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"};
constexpr std::array for_wss{"wss_proxy",   "WSS_PROXY", "https_proxy",
                             "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
constexpr std::array exempt{"no_proxy", "NO_PROXY"};

struct variable {
  const char* name = nullptr;
  std::string value{};
};

variable first_of(std::span<const char* const> names, environment read) {
  for (const char* const name : names) {
    if (std::string value = read(name); !value.empty()) return {name, std::move(value)};
  }
  return {};
}

std::error_code unusable(std::string_view source, std::string& what) {
  what = std::string(source) + " is invalid: " + what;
  return errc::invalid_option;
}

std::optional<proxy> from_environment(const url& to, environment read, std::error_code& error,
                                      std::string& what) {
  const variable found = to.secure() ? first_of(for_wss, read) : first_of(for_ws, read);
  if (found.name == nullptr || is_exempt(first_of(exempt, read).value, to)) return std::nullopt;
  const bool bare = found.value.find("://") == std::string::npos;
  proxy by;
  if (parse_proxy(bare ? "http://" + found.value : found.value, by, what)) return by;
  error = unusable("the environment's " + std::string(found.name), what);
  return std::nullopt;
}

}  // namespace

std::string environment_of_process(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): documented
  return value != nullptr ? value : "";
}

std::optional<proxy> choose_proxy(const proxy_options& options, const url& to, environment read,
                                  std::error_code& error, std::string& what) {
  error.clear();
  if (options.url.empty())
    return options.from_environment ? from_environment(to, read, error, what) : std::nullopt;
  if (is_exempt(options.no_proxy, to)) return std::nullopt;
  proxy by;
  if (parse_proxy(options.url, by, what)) return by;
  error = unusable("dial.proxy.url", what);
  return std::nullopt;
}

std::error_code check_proxy(const proxy_options& options, std::string& what) {
  proxy ignored;
  if (options.url.empty() || parse_proxy(options.url, ignored, what)) return {};
  return unusable("dial.proxy.url", what);
}

}  // namespace wsx
