#include "set_cookie.hpp"

#include "public_suffix.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace wsx::protocol {

namespace {

using namespace std::chrono_literals;

// RFC 6265 6.1: at least this many bytes for name and value.
constexpr std::size_t max_cookie_size = 4096;
// RFC 6265bis 5.6: longer attributes are ignored.
constexpr std::size_t max_attribute_size = 1024;
// RFC 6265bis 5.5: a cookie does not live for longer.
constexpr auto longest_life = 24h * 400;

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), http::to_lower);
  return result;
}

// Takes the part before `end` away, and `end` itself.
std::string_view take_until(std::string_view& left, char end) noexcept {
  const std::size_t size = std::min(left.find(end), left.size());
  const std::string_view part = left.substr(0, size);
  left.remove_prefix(std::min(size + 1, left.size()));
  return part;
}

// RFC 6265 5.1.4.
std::string default_path(std::string_view target) {
  const std::string_view path = path_of(target);
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

// The attributes as they were sent. Of several with one name the last counts.
struct attributes {
  std::optional<cookie_time> expires{};
  std::optional<cookie_time> max_age{};
  std::string domain{};
  std::string path{};
  bool secure = false;
};

// RFC 6265 5.2.2.
std::optional<cookie_time> expiry_of_age(std::string_view text, cookie_time now) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || !std::ranges::all_of(digits, http::is_digit)) return std::nullopt;
  constexpr auto most = std::chrono::duration_cast<std::chrono::seconds>(longest_life).count();
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc()) count = most;
  if (negative || count == 0) return cookie_time();  // long ago
  return now + std::chrono::seconds(std::min<std::int64_t>(count, most));
}

void read_attribute(std::string_view text, cookie_time now, attributes& all) {
  std::string_view value = text;
  const std::string_view name = http::trim_ows(take_until(value, '='));
  value = http::trim_ows(value);
  if (value.size() > max_attribute_size) return;
  if (http::iequals(name, "Expires")) {
    if (const auto date = parse_cookie_date(value)) all.expires = date;
  } else if (http::iequals(name, "Max-Age")) {
    if (const auto date = expiry_of_age(value, now)) all.max_age = date;
  } else if (http::iequals(name, "Domain")) {
    if (value.starts_with('.')) value.remove_prefix(1);
    all.domain = lower_case(value);
  } else if (http::iequals(name, "Path")) {
    all.path = value.starts_with('/') ? value : std::string_view();
  } else if (http::iequals(name, "Secure")) {
    all.secure = true;
  }
}

// RFC 6265 5.3, steps 4 to 6.
bool set_domain(cookie& c, const std::string& domain, const url& from) {
  c.domain = from.host;
  if (domain.empty() || domain == from.host) {
    c.host_only = domain.empty() || from.host_is_ip || is_public_suffix(domain);
    return true;
  }
  if (!domain_matches(from.host, from.host_is_ip, domain) || is_public_suffix(domain)) return false;
  c.domain = domain;
  c.host_only = false;
  return true;
}

// RFC 6265bis 5.7: what the name promises.
bool keeps_promise(const cookie& c, bool path_named) noexcept {
  constexpr std::string_view secure_prefix = "__Secure-";
  constexpr std::string_view host_prefix = "__Host-";
  const auto begins = [&](std::string_view prefix) {
    return http::iequals(std::string_view(c.name).substr(0, prefix.size()), prefix);
  };
  if (begins(host_prefix)) return c.secure && c.host_only && path_named && c.path == "/";
  return !begins(secure_prefix) || c.secure;
}

}  // namespace

std::optional<cookie> parse_set_cookie(std::string_view value, const url& from, cookie_time now) {
  if (!from.socket_path.empty()) return std::nullopt;
  std::string_view left = value;
  std::string_view pair = take_until(left, ';');
  if (pair.find('=') == std::string_view::npos) return std::nullopt;
  cookie result;
  result.name = http::trim_ows(take_until(pair, '='));
  result.value = http::trim_ows(pair);
  attributes all;
  while (!left.empty()) read_attribute(take_until(left, ';'), now, all);
  if (!set_domain(result, all.domain, from)) return std::nullopt;
  result.path = all.path.empty() ? default_path(from.target) : all.path;
  result.secure = all.secure;
  result.expires = all.max_age ? all.max_age : all.expires;
  if (result.expires && *result.expires > now + longest_life) result.expires = now + longest_life;
  // RFC 6265bis 5.7: who can change what is sent in the clear must not set a secure cookie.
  if (result.secure && !from.secure()) return std::nullopt;
  if (!keeps_promise(result, !all.path.empty()) || !is_cookie(result)) return std::nullopt;
  return result;
}

bool is_cookie(const cookie& c) noexcept {
  const auto can_be_sent = [](const std::string& text) {
    return http::is_field_value(text) && text.find(';') == std::string::npos;
  };
  return !c.name.empty() && c.name.find('=') == std::string::npos && can_be_sent(c.name) &&
         can_be_sent(c.value) && c.name.size() + c.value.size() <= max_cookie_size &&
         !c.domain.empty() && c.domain.size() <= max_attribute_size && c.path.starts_with('/') &&
         c.path.size() <= max_attribute_size;
}

bool domain_matches(std::string_view host, bool host_is_ip, std::string_view domain) noexcept {
  if (host == domain) return true;
  return !host_is_ip && host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

bool path_matches(std::string_view path, std::string_view cookie_path) noexcept {
  if (!path.starts_with(cookie_path)) return false;
  return path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
         path[cookie_path.size()] == '/';
}

}  // namespace wsx::protocol
