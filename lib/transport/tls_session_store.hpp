#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace wsx {

struct free_tls_session {
  void operator()(SSL_SESSION* s) const noexcept { SSL_SESSION_free(s); }
};
using tls_session_ptr = std::unique_ptr<SSL_SESSION, free_tls_session>;

/// A session, and when the certificate that it was begun with has been verified.
struct resumable_session {
  tls_session_ptr session{};
  std::chrono::system_clock::time_point verified{};
};

/// The sessions of earlier connections that a new one may resume: of connections that verified in
/// the same way. From any thread.
class tls_session_store {
 public:
  using clock = std::chrono::system_clock;

  /// A resumed connection does not see the server's certificate: so often it must be seen again.
  static constexpr std::chrono::hours max_age{24};
  /// Of all servers. The oldest give way.
  static constexpr std::size_t max_sessions = 256;

  /// `server` is the host and port of the URL: unless the options name another, the certificate was
  /// verified for that host.
  void put(std::string server, resumable_session kept);

  /// The latest session with that server, or none. Nobody else gets it: RFC 8446 C.4 asks for that,
  /// lest an observer recognizes who connects again.
  resumable_session take(std::string_view server, clock::time_point now);

  /// That server does not bear resumption: its sessions are dropped, and it gets none any more.
  void refuse(std::string server);

 private:
  struct entry {
    std::string server;
    resumable_session kept;
  };

  std::mutex mutex_;
  bool refused(std::string_view server) const;

  std::deque<entry> entries_;        // the oldest first
  std::deque<std::string> refused_;  // as many at most
};

}  // namespace wsx
