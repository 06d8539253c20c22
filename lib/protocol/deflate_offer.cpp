#include "display.hpp"
#include "extension_list.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/deflate_offer.hpp>

#include <algorithm>
#include <utility>
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

// The parameter as received, as far as it is shown.
std::string shown(const extension::parameter& p) {
  return escape(p.value ? p.name + '=' + *p.value : p.name);
}

// Takes the parameters of a response one by one, and returns what is wrong with each. A server may
// send each without being asked (RFC 7692 7.1.1.1, 7.1.1.2, 7.1.2.1), and `client_max_window_bits`
// because it is always offered.
class grant {
 public:
  std::string take(const extension::parameter& p) {
    if (has(p.name)) return "the server set " + escape(p.name) + " twice";
    seen_.push_back(p.name);
    if (p.name == server_alone) return set(agreed_.server_no_context_takeover, p);
    if (p.name == client_alone) return set(agreed_.client_no_context_takeover, p);
    if (p.name == server_bits) return set(agreed_.server_max_window_bits, p);
    if (p.name == client_bits) return set(agreed_.client_max_window_bits, p);
    return "the server set " + shown(p) + ", which is no parameter of " +
           std::string(extension_name);
  }

  // Returns which requests to the server were not granted, for people; empty if all were.
  std::string unmet(const deflate_options& offered) const {
    if (offered.server_no_context_takeover && !agreed_.server_no_context_takeover)
      return left_out(server_alone);
    if (agreed_.server_max_window_bits <= offered.server_max_window_bits) return {};
    const std::string asked = '=' + std::to_string(offered.server_max_window_bits);
    const std::string wanted = std::string(server_bits) + asked;
    if (!has(server_bits)) return left_out(wanted);
    return wanted + " was asked for, the server answered " +
           std::to_string(agreed_.server_max_window_bits);
  }

  // The client may limit itself without the server's consent.
  void limit_client(const deflate_options& offered) {
    agreed_.client_no_context_takeover |= offered.client_no_context_takeover;
    agreed_.client_max_window_bits =
        std::min(agreed_.client_max_window_bits, offered.client_max_window_bits);
  }

  const deflate_agreement& agreed() const noexcept { return agreed_; }

 private:
  bool has(std::string_view name) const { return std::ranges::find(seen_, name) != seen_.end(); }

  static std::string left_out(std::string_view parameter) {
    return std::string(parameter) + " was asked for, and the server left it out";
  }

  static std::string set(bool& flag, const extension::parameter& p) {
    flag = true;
    return p.value ? "the server set " + shown(p) + ", which takes no value" : std::string();
  }

  static std::string set(int& bits, const extension::parameter& p) {
    const auto value = parse_bits(p.value);
    bits = value.value_or(bits);
    if (value) return {};
    return "the server set " + shown(p) +
           (p.value ? ", which is not 8 to 15" : " without a value, which is 8 to 15");
  }

  deflate_agreement agreed_{};
  std::vector<std::string_view> seen_{};
};

std::error_code check_deflate(const extension& response, const deflate_options& offered,
                              deflate_agreement& agreed, std::string& what) {
  grant granted;
  for (const auto& parameter : response.parameters) {
    std::string fault = granted.take(parameter);
    if (fault.empty()) continue;
    what = std::move(fault);
    return errc::bad_extensions_header;
  }
  // A server that did not grant the limits has taken the offer without them. It may then set limits
  // of its own, RFC 7692 7.1.1.1, 7.1.2.1.
  if (std::string unmet = granted.unmet(offered); offered.require_server_limits && !unmet.empty()) {
    what = std::move(unmet);
    return errc::bad_extensions_header;
  }
  granted.limit_client(offered);
  agreed = granted.agreed();
  return {};
}

std::string one_offer(const deflate_options& offered) {
  std::string offer(extension_name);
  const auto add = [&offer](std::string_view name) { offer.append("; ").append(name); };
  if (offered.server_no_context_takeover) add(server_alone);
  if (offered.client_no_context_takeover) add(client_alone);
  if (offered.server_max_window_bits < most_bits) {
    add(server_bits);
    offer += '=' + std::to_string(offered.server_max_window_bits);
  }
  // RFC 7692 7.1.2.2: without a value it allows the server to limit this side.
  add(client_bits);
  if (offered.client_max_window_bits < most_bits)
    offer += '=' + std::to_string(offered.client_max_window_bits);
  return offer;
}

bool limits_server(const deflate_options& offered) noexcept {
  return offered.server_no_context_takeover || offered.server_max_window_bits < most_bits;
}

}  // namespace

// RFC 7692 5.1: the offers are in order of preference.
std::string format_deflate_offer(const deflate_options& offered) {
  if (offered.require_server_limits || !limits_server(offered)) return one_offer(offered);
  deflate_options without_limits = offered;
  without_limits.server_no_context_takeover = false;
  without_limits.server_max_window_bits = most_bits;
  return one_offer(offered) + ", " + one_offer(without_limits);
}

std::error_code check_extensions(std::string_view value,
                                 const std::optional<deflate_options>& offered,
                                 std::optional<deflate_agreement>& granted, std::string& what) {
  granted.reset();
  const auto extensions = parse_extensions(value);
  if (!extensions) {
    what = "Sec-WebSocket-Extensions is malformed: " + quote(value);
    return errc::bad_extensions_header;
  }
  for (const auto& element : *extensions) {
    // RFC 6455 9.1: each only once, and only if it was offered.
    if (element.name != extension_name || !offered || granted) {
      what = "the server chose " + escape(element.name) +
             (granted && element.name == extension_name ? " twice" : ", which was not offered");
      return errc::bad_extensions_header;
    }
    if (const auto error = check_deflate(element, *offered, granted.emplace(), what)) return error;
  }
  return {};
}

}  // namespace wsx::protocol
