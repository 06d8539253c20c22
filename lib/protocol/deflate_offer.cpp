#include "extension_list.hpp"
#include "http_syntax.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/deflate_offer.hpp>

#include <algorithm>
#include <vector>

namespace wsx::protocol {

namespace {

constexpr std::string_view extension_name = "permessage-deflate";

// RFC 7692 7.1: the parameters.
constexpr std::string_view server_alone = "server_no_context_takeover";
constexpr std::string_view client_alone = "client_no_context_takeover";
constexpr std::string_view server_bits = "server_max_window_bits";
constexpr std::string_view client_bits = "client_max_window_bits";

constexpr int most_bits = 15;

// RFC 7692 7.1.2.1: 8 to 15 in decimal without a leading zero.
std::optional<int> parse_bits(const std::optional<std::string>& value) {
  for (int bits = 8; bits <= most_bits; ++bits) {
    if (value == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

// Takes the parameters of a response one by one. Each may be there unasked (RFC 7692 7.1.1.1,
// 7.1.1.2, 7.1.2.1), `client_max_window_bits` because it is always offered.
class grant {
 public:
  bool take(const extension::parameter& p) {
    if (std::ranges::find(seen_, p.name) != seen_.end()) return false;
    seen_.push_back(p.name);
    if (p.name == server_alone) return set(agreed_.server_no_context_takeover, p);
    if (p.name == client_alone) return set(agreed_.client_no_context_takeover, p);
    if (p.name == server_bits) return set(agreed_.server_max_window_bits, p);
    if (p.name == client_bits) return set(agreed_.client_max_window_bits, p);
    return false;
  }

  // Ends with what the client wants by itself. Gives the name of what it asked for in vain.
  std::string_view finish(const deflate_options& offered) {
    if (offered.server_no_context_takeover && !agreed_.server_no_context_takeover)
      return server_alone;
    if (agreed_.server_max_window_bits > offered.server_max_window_bits) return server_bits;
    agreed_.client_no_context_takeover |= offered.client_no_context_takeover;
    agreed_.client_max_window_bits =
        std::min(agreed_.client_max_window_bits, offered.client_max_window_bits);
    return {};
  }

  const deflate_agreement& agreed() const noexcept { return agreed_; }

 private:
  static bool set(bool& flag, const extension::parameter& p) { return flag = !p.value.has_value(); }

  static bool set(int& bits, const extension::parameter& p) {
    const auto value = parse_bits(p.value);
    if (value) bits = *value;
    return value.has_value();
  }

  deflate_agreement agreed_{};
  std::vector<std::string_view> seen_{};
};

std::error_code check_deflate(const extension& response, const deflate_options& offered,
                              deflate_agreement& agreed, std::string& what) {
  grant granted;
  for (const auto& parameter : response.parameters) {
    if (granted.take(parameter)) continue;
    what = parameter.name;
    if (parameter.value) what += '=' + *parameter.value;
    return errc::bad_extensions_header;
  }
  if (const auto missing = granted.finish(offered); !missing.empty()) {
    what = missing;
    return errc::bad_extensions_header;
  }
  agreed = granted.agreed();
  return {};
}

}  // namespace

std::string format_deflate_offer(const deflate_options& offered) {
  std::string offer(extension_name);
  const auto add = [&offer](std::string_view name) { offer.append("; ").append(name); };
  if (offered.server_no_context_takeover) add(server_alone);
  if (offered.client_no_context_takeover) add(client_alone);
  if (offered.server_max_window_bits < most_bits) {
    add(server_bits);
    offer += '=' + std::to_string(offered.server_max_window_bits);
  }
  // RFC 7692 7.1.2.2: without a value it says that the server may limit this side.
  add(client_bits);
  if (offered.client_max_window_bits < most_bits)
    offer += '=' + std::to_string(offered.client_max_window_bits);
  return offer;
}

std::error_code check_extensions(std::string_view value,
                                 const std::optional<deflate_options>& offered,
                                 std::optional<deflate_agreement>& granted, std::string& what) {
  granted.reset();
  const auto extensions = parse_extensions(value);
  if (!extensions) {
    what = http::for_display(value);
    return errc::bad_extensions_header;
  }
  for (const auto& element : *extensions) {
    // RFC 6455 9.1: once each, and only what was offered.
    if (element.name != extension_name || !offered || granted) {
      what = element.name;
      return errc::bad_extensions_header;
    }
    if (const auto error = check_deflate(element, *offered, granted.emplace(), what)) return error;
  }
  return {};
}

}  // namespace wsx::protocol
