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

/// A session, and when the certificate of its first connection was verified.
struct resumable_session {
  tls_session_ptr session{};
  std::chrono::system_clock::time_point verified{};
};

/// The sessions of earlier connections with the same trust settings, which new connections may
/// resume. From any thread.
class tls_session_store {
 public:
  using clock = std::chrono::system_clock;

  /// A resumed connection does not check the server's certificate, so it has to be checked this
  /// often.
  static constexpr std::chrono::hours max_age{24};
  /// For all servers. The oldest are removed.
  static constexpr std::size_t max_sessions = 256;

  /// `server` is the host and port of the URL: the certificate was verified for that host, unless
  /// the options name another.
  void put(std::string server, resumable_session kept);

  /// Returns the latest session with that server, if any, and removes it. RFC 8446 C.4 asks for
  /// single use, so that an observer can't recognize a client that reconnects.
  resumable_session take(std::string_view server, clock::time_point now);

  /// That server fails when sessions are offered: its sessions are dropped, and it is offered none
  /// any more.
  void refuse(std::string server);

 private:
  struct entry {
    std::string server;
    resumable_session kept;
  };

  std::mutex mutex_;
  bool refused(std::string_view server) const;

  std::deque<entry> entries_;        // the oldest first
  std::deque<std::string> refused_;  // with the same limit
};

}  // namespace wsx
