#include "../../protocol/credentials.hpp"
#include "../../protocol/display.hpp"
#include "../../protocol/handshake_fields.hpp"
#include "../../protocol/http_syntax.hpp"
#include "exchange.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/http_head.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace wsx {

namespace {

using protocol::http_head;
namespace http = protocol::http;

constexpr protocol::head_limits limits{};

// RFC 9112 3.2.3: the authority form, always with the port. A zone means something only here.
std::string authority_of(const url& to) {
  return (to.host_is_ipv6 ? "[" + to.host + "]" : to.host) + ":" + std::to_string(to.port);
}

// RFC 9110 15.5.8, 11.7.1: the schemes of the challenges, of which each field has one at least.
std::string schemes_of(const http_head& head) {
  constexpr std::size_t most = 4;
  std::string list;
  std::size_t count = 0;
  for (const header& field : head.headers) {
    if (!http::iequals(field.name, "Proxy-Authenticate") || count == most) continue;
    const std::string_view value = http::trim_ows(field.value);
    const std::string_view scheme = value.substr(0, value.find_first_of(" \t,"));
    if (!http::is_token(scheme)) continue;
    list += (count++ == 0 ? "" : ", ") + protocol::escape(scheme, 20);
  }
  return list;
}

bool is_temporary(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

class http_connect final : public proxy_exchange {
 public:
  http_connect(const proxy& by, const url& to) {
    const std::string host = authority_of(to);
    output_ = "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n";
    if (!by.at.user_info.empty()) {
      credentials_ = protocol::basic_credentials(by.at.user_info);
      output_ += "Proxy-Authorization: " + credentials_ + "\r\n";
    }
    output_ += "User-Agent: " + protocol::default_user_agent() + "\r\n\r\n";
  }

  std::error_code feed(bytes_view input, std::string& what) override {
    if (!parser_.started() && !input.empty()) first_ = input.front();
    std::error_code error;
    const std::size_t taken = parser_.feed(input, error);
    if (error) {
      what = without_credentials(describe_malformed(error));
      return errc::malformed_proxy_answer;
    }
    if (!parser_.done()) return {};
    const http_head head = parser_.take();
    // Of a success a length or a coding of the body says nothing: there is none. RFC 9110 9.3.6.
    const bool success = head.status >= 200 && head.status < 300;
    if (!success) return refused(head, what);
    if (taken < input.size()) {
      what = "the proxy sent more than the head of its answer";
      return errc::malformed_proxy_answer;
    }
    done_ = true;
    return {};
  }

  std::string describe_end() const override {
    if (parser_.started()) return "the proxy ended the connection within its answer";
    return "the proxy ended the connection without an answer";
  }

 private:
  std::error_code refused(const http_head& head, std::string& what) {
    what = fmt::format("the proxy answered HTTP {}", head.status);
    if (!head.reason.empty()) what += ' ' + protocol::escape(head.reason);
    what = without_credentials(std::move(what));
    if (head.status != 407)
      return is_temporary(head.status) ? errc::proxy_refused_for_now : errc::proxy_refused;
    const std::string schemes = schemes_of(head);
    what += schemes.empty() ? ": " : ": it asks for " + schemes + ", and ";
    what += credentials_.empty() ? "its URL has no name and password"
                                 : "it does not take the name and password of its URL";
    return errc::proxy_authentication_required;
  }

  std::string describe_malformed(std::error_code error) const {
    if (error == errc::response_head_too_big)
      return fmt::format("the head of the proxy's answer is longer than {} bytes", limits.max_size);
    if (error == errc::too_many_headers)
      return fmt::format("the proxy's answer has more than {} headers", limits.max_headers);
    // RFC 8446 5.1: the beginning of a record, an alert or a handshake.
    if (first_ == std::byte{0x15} || first_ == std::byte{0x16})
      return "the proxy speaks TLS on this port: use https";
    return "the proxy's answer is not one of HTTP: " + parser_.error_detail();
  }

  // A proxy may repeat what it was sent.
  std::string without_credentials(std::string text) const {
    const auto secret = std::string_view(credentials_).substr(credentials_.find(' ') + 1);
    for (std::size_t at = 0; !secret.empty();) {
      at = text.find(secret, at);
      if (at == std::string::npos) break;
      text.replace(at, secret.size(), "***");
    }
    return text;
  }

  protocol::http_head_parser parser_{limits};
  std::string credentials_{};
  std::byte first_{};
};

}  // namespace

std::unique_ptr<proxy_exchange> make_http_connect(const proxy& by, const url& to) {
  return std::make_unique<http_connect>(by, to);
}

}  // namespace wsx
