#pragma once

#include <wsx/prepare_hook.hpp>
#include <wsx/proxy_options.hpp>
#include <wsx/socket_options.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace wsx {

class connect_budget;
class cookie_jar;
class resolver;

/// How a connection is opened; see `options::dial`.
struct dial_options {
  /// Limits how many attempts begin, among all clients that share it. Null: no limit. Options are
  /// equal only if they have the same one.
  std::shared_ptr<connect_budget> budget{};

  /// Called before each connection attempt, the first one included, with a copy of the request that
  /// it may change: for a token that must be fresh, or the URL of the server that is now in charge.
  /// It is called on the client's strand. A coroutine has until `connect_timeout`, which then also
  /// covers what follows; it is canceled if the attempt is given up, and must not await operations
  /// of the client. If it throws, the attempt fails: with the code of a `std::system_error`,
  /// otherwise with `errc::prepare_failed`.
  prepare_hook prepare{};

  /// Whether a URL may have a fragment ("#..."), which is not sent; otherwise it is refused. RFC
  /// 6455 3 has none in its URLs.
  bool drop_fragment = false;

  /// Keeps the cookies of the server's responses, and sends those that belong to a request: across
  /// redirects, reconnects and the clients that share it. They follow those of the request's own
  /// `Cookie`. Null: no cookies are kept. Options are equal only if they have the same jar.
  std::shared_ptr<cookie_jar> cookies{};

  /// How many redirects of an attempt are followed (HTTP 301, 302, 303, 307 and 308); at most 32.
  /// `http` and `https` stand for `ws` and `wss`. A redirect from `wss` to `ws` is an error. To
  /// another scheme, host or port go neither `Authorization`, `Cookie` nor other secret headers
  /// (`request::secret_header`). The attempt has `connect_timeout` and `handshake_timeout` in all.
  /// The next attempt begins with the request's URL. 0: a redirect is a refusal.
  std::size_t max_redirects = 0;

  /// Limit on one address of the host, of the time in `connect_timeout`. It is rarely needed: the
  /// next address is tried when one has failed, or has not answered for 250 ms, and the first that
  /// connects is used (RFC 8305). One without an answer is not given up meanwhile. 0: no limit but
  /// `connect_timeout`.
  std::chrono::milliseconds address_timeout{0};

  /// Finds the addresses of hosts, in place of the system; made by `make_resolver`. Null: the
  /// system's way. Options are equal only if they have the same one.
  std::shared_ptr<wsx::resolver> resolver{};

  /// By which proxy to connect; none by default. Options are equal only if these are.
  proxy_options proxy{};
  socket_options socket{};  ///< the options of sockets

  friend bool operator==(const dial_options&, const dial_options&) = default;
};

}  // namespace wsx
