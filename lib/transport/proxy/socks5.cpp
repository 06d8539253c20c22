#include "exchange.hpp"

#include <wsx/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace wsx {

namespace {

using namespace std::string_view_literals;

constexpr unsigned version = 5;
constexpr unsigned no_authentication = 0;
constexpr unsigned name_and_password = 2;
constexpr unsigned none_acceptable = 0xff;

// RFC 1928 6, from 1 on.
constexpr std::array replies{"general failure"sv,       "connection not allowed by its rules"sv,
                             "network unreachable"sv,   "host unreachable"sv,
                             "connection refused"sv,    "TTL expired"sv,
                             "command not supported"sv, "address type not supported"sv};

char as_char(std::size_t value) noexcept {
  return static_cast<char>(static_cast<unsigned char>(value));
}

// The length, in one byte, and the text, which is known to be short enough.
std::string with_length(std::string_view text) {
  return as_char(text.size()) + std::string(text);
}

// ATYP and DST.ADDR. RFC 1928 4, 5.
std::string address_bytes(const socks_destination& to) {
  if (!to.name.empty()) return '\x03' + with_length(to.name);
  if (to.address.is_v4()) {
    const auto bytes = to.address.to_v4().to_bytes();
    return '\x01' + std::string(bytes.begin(), bytes.end());
  }
  const auto bytes = to.address.to_v6().to_bytes();
  return '\x04' + std::string(bytes.begin(), bytes.end());
}

class socks5 final : public proxy_exchange {
 public:
  // RFC 1928 3: the client offers its methods.
  socks5(const proxy& by, const socks_destination& to) : user_info_(by.at.user_info) {
    request_ = {as_char(version), '\x01', '\x00'};  // CONNECT
    request_ += address_bytes(to);
    request_ += as_char(to.port >> 8);
    request_ += as_char(to.port & 0xff);
    output_ = user_info_.empty() ? "\x05\x01\x00"sv : "\x05\x02\x00\x02"sv;
  }

  std::error_code feed(bytes_view input, std::string& what) override {
    come_ += as_chars(input);
    if (come_.empty()) return {};
    const std::optional<std::size_t> used = take(error_, what);
    if (error_ || !used) return error_;
    // Nothing more was asked for yet.
    if (come_.size() > *used) return malformed("more than an answer", what);
    come_.clear();
    return {};
  }

  std::string describe_end() const override {
    switch (awaited_) {
      case answer::method: return "the proxy ended the connection without an answer";
      case answer::credentials: return "the proxy ended the connection at the name and password";
      case answer::connection: break;
    }
    return "the proxy ended the connection before it had connected";
  }

 private:
  enum class answer { method, credentials, connection };

  unsigned at(std::size_t i) const noexcept { return static_cast<unsigned char>(come_[i]); }

  // Returns the size of the answer, if it is complete.
  std::optional<std::size_t> take(std::error_code& error, std::string& what) {
    switch (awaited_) {
      case answer::method: return take_method(error, what);
      case answer::credentials: return take_credentials(error, what);
      case answer::connection: break;
    }
    return take_connection(error, what);
  }

  std::optional<std::size_t> take_method(std::error_code& error, std::string& what) {
    if (at(0) != version) error = wrong_version(what);
    if (error || come_.size() < 2) return std::nullopt;
    if (at(1) == no_authentication) {
      ask();
    } else if (at(1) == name_and_password && !user_info_.empty()) {
      const std::size_t colon = std::min(user_info_.find(':'), user_info_.size());
      const std::string_view all = user_info_;
      output_ = '\x01' + with_length(all.substr(0, colon)) +
                with_length(all.substr(std::min(colon + 1, all.size())));
      awaited_ = answer::credentials;
    } else if (at(1) == none_acceptable || at(1) == name_and_password) {
      what =
          user_info_.empty()
              ? "the proxy demands authentication; its URL has no name and password"
              : "the proxy accepts neither the name and password of its URL nor a client without";
      error = errc::proxy_authentication_required;
    } else {
      error = malformed(fmt::format("method {}, which was not offered", at(1)), what);
    }
    return 2;
  }

  // RFC 1929 2.
  std::optional<std::size_t> take_credentials(std::error_code& error, std::string& what) {
    if (at(0) != 1) error = malformed(fmt::format("version {} of RFC 1929", at(0)), what);
    if (error || come_.size() < 2) return std::nullopt;
    if (at(1) == 0) {
      ask();
    } else {
      what = "the proxy does not take the name and password of its URL";
      error = errc::proxy_authentication_required;
    }
    return 2;
  }

  // RFC 1928 6. A refusal may be cut short.
  std::optional<std::size_t> take_connection(std::error_code& error, std::string& what) {
    if (at(0) != version) error = wrong_version(what);
    if (error || come_.size() < 2) return std::nullopt;
    if (at(1) != 0) {
      error = refused(at(1), what);
      return std::nullopt;
    }
    if (come_.size() < 5) return std::nullopt;
    std::size_t address = 0;
    switch (at(3)) {
      case 1: address = 4; break;
      case 3: address = 1 + at(4); break;
      case 4: address = 16; break;
      default: error = malformed(fmt::format("address type {}", at(3)), what); return std::nullopt;
    }
    const std::size_t size = 4 + address + 2;
    if (come_.size() < size) return std::nullopt;
    done_ = true;
    return size;
  }

  void ask() {
    output_ = std::move(request_);
    awaited_ = answer::connection;
  }

  static std::error_code malformed(const std::string& fault, std::string& what) {
    what = "the proxy's answer is not one of SOCKS 5: it has " + fault;
    return errc::malformed_proxy_answer;
  }

  std::error_code wrong_version(std::string& what) const {
    const auto error = malformed(fmt::format("version {}", at(0)), what);
    if (at(0) == 'H') what += "; if it is an HTTP proxy, use http";
    return error;
  }

  static std::error_code refused(unsigned reply, std::string& what) {
    const std::string_view text = reply <= replies.size() ? replies[reply - 1] : "an unknown cause";
    what = fmt::format("the proxy could not connect: {} (SOCKS reply {})", text, reply);
    const bool for_good = reply == 2 || reply == 7 || reply == 8;
    return for_good ? errc::proxy_refused : errc::proxy_refused_for_now;
  }

  const std::string user_info_;
  std::string request_{};
  std::string come_{};  // of an answer that is not complete: less than 300 bytes, and one read
  answer awaited_ = answer::method;
  std::error_code error_{};
};

}  // namespace

std::unique_ptr<proxy_exchange> make_socks5(const proxy& by, const socks_destination& to) {
  return std::make_unique<socks5>(by, to);
}

}  // namespace wsx
