#include "no_proxy.hpp"
#include <wsx/config.hpp>

#include "../lookup.hpp"

#include <asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace wsx {

namespace {

std::string_view next_word(std::string_view& list) noexcept {
  constexpr std::string_view separators = ", \t";
  list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
  const std::string_view word = list.substr(0, list.find_first_of(separators));
  list.remove_prefix(word.size());
  return word;
}

std::optional<unsigned> number_in(std::string_view text) noexcept {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<unsigned char> bytes_of(const asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

bool same_bits(const std::vector<unsigned char>& a, const std::vector<unsigned char>& b,
               std::size_t count) noexcept {
  const std::size_t whole = count / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin()))
    return false;
  const unsigned rest = count % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

// "192.0.2.1", "10.0.0.0/8". RFC 4632 3.1, RFC 4291 2.3.
bool has_address(std::string_view network, const asio::ip::address& host) {
  const std::size_t slash = std::min(network.find('/'), network.size());
  std::error_code no_address;
  const auto first = asio::ip::make_address(std::string(network.substr(0, slash)), no_address);
  if (no_address || first.is_v4() != host.is_v4()) return false;
  const auto wanted = bytes_of(first);
  std::optional<unsigned> bits = static_cast<unsigned>(wanted.size() * 8);
  if (slash < network.size()) {
    const auto given = number_in(network.substr(slash + 1));
    bits = given && *given <= *bits ? given : std::nullopt;
  }
  return bits && same_bits(wanted, bytes_of(host), *bits);
}

bool has_name(std::string_view domain, std::string_view host) noexcept {
  if (domain.starts_with("*.")) domain.remove_prefix(1);
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return !domain.empty() && is_within_domain(host, domain);
}

// Takes ":8443" away. An address of IPv6 has colons, too: only in brackets it may have a port.
std::string_view take_port(std::string_view& word) noexcept {
  const bool bracketed = word.starts_with('[');
  const std::size_t end = bracketed ? word.find(']') : word.find(':');
  if (end == std::string_view::npos) return {};
  if (!bracketed && word.find(':', end + 1) != std::string_view::npos) return {};
  const std::string_view port = word.substr(bracketed ? end + 1 : end);
  word = bracketed ? word.substr(1, end - 1) : word.substr(0, end);
  return port;
}

}  // namespace

bool is_exempt(std::string_view list, const url& to) {
  std::error_code no_address;
  const auto address = asio::ip::make_address(to.host, no_address);
  for (auto word = next_word(list); !word.empty(); word = next_word(list)) {
    if (word == "*") return true;
    const std::string_view port = take_port(word);
    if (!port.empty() && (port.front() != ':' || number_in(port.substr(1)) != to.port)) continue;
    if (no_address ? has_name(word, to.host) : has_address(word, address)) return true;
  }
  return false;
}

}  // namespace wsx
