#pragma once

#include <wsx/export.hpp>
#include <wsx/url.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsx {

/// A cookie of a `cookie_jar`. RFC 6265 5.3.
struct cookie {
  std::string name{};
  std::string value{};
  std::string domain{};   ///< a host, in lower case
  std::string path{};     ///< begins with "/"
  bool host_only = true;  ///< for `domain` alone, not for the hosts below it
  bool secure = false;    ///< for `wss` alone
  /// Nothing: for as long as the jar lives.
  std::optional<std::chrono::system_clock::time_point> expires{};

  friend bool operator==(const cookie&, const cookie&) = default;
};

/// Keeps the cookies that servers set in opening handshakes, and gives them back to those servers:
/// see `dial_options::cookies`. Clients may share one. From any thread.
///
/// It follows RFC 6265: domain, path, `Secure` and expiry of a cookie are honored, and the prefixes
/// `__Secure-` and `__Host-`. Unix-domain sockets have no cookies. `ws` counts as `http` does, and
/// `wss` as `https`. A cookie has at most 4 KiB, a domain at most 50 of them and the jar at most
/// 3,000; then those that were used least recently go. A cookie for a whole public suffix, such as
/// `co.uk`, is refused if wsx was built with libpsl, otherwise only one for a domain without a dot.
class cookie_jar {
 public:
  using time_point = std::chrono::system_clock::time_point;

  WSX_API cookie_jar();
  WSX_API ~cookie_jar();
  cookie_jar(const cookie_jar&) = delete;
  cookie_jar& operator=(const cookie_jar&) = delete;

  /// Takes the value of a `Set-Cookie` field that a server at that URL has sent; returns whether
  /// the cookie was accepted. One that has expired removes its predecessor.
  WSX_API bool set(const url& from, std::string_view set_cookie,
                   time_point now = std::chrono::system_clock::now());

  /// Returns the value of the `Cookie` field for a request to that URL, "a=1; b=2"; empty if there
  /// are none.
  WSX_API std::string header_for(const url& to, time_point now = std::chrono::system_clock::now());

  /// Returns all cookies that have not expired, to store them.
  WSX_API std::vector<cookie> all(time_point now = std::chrono::system_clock::now()) const;

  /// Adds a stored cookie; it replaces one with the same name, domain and path. Returns whether it
  /// was accepted: its parts must be such as `set` accepts.
  WSX_API bool add(cookie c, time_point now = std::chrono::system_clock::now());

  WSX_API void clear();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace wsx
