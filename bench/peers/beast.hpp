#pragma once

#include "../clients/plan.hpp"
#include "../common/openssl.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/version.hpp>
#include <boost/beast/websocket.hpp>
#include <string>

// What the two clients of Boost.Beast have in common.

namespace bench {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

inline const std::string host = "127.0.0.1";

inline std::string beast_version() {
  return "Boost.Beast " + std::to_string(BOOST_BEAST_VERSION) + " of Boost " BOOST_LIB_VERSION;
}

inline tcp::endpoint server(const plan& p) {
  return {asio::ip::make_address(host), p.port};
}

/// Verifies the server. Connections that are made in turn offer it to resume the last session.
///
/// Those that begin at once have none: a ticket is for one connection (RFC 8446 C.4), as wsx and
/// the raw client hold it, and all have begun before the first one brings a ticket. A client that
/// is late to begin some would resume one ticket with all of those, and so do less than the others.
class tls_context {
 public:
  explicit tls_context(const plan& p)
      : context_(asio::ssl::context::tls_client), resumes_(p.in_flight == 1) {
    if (!p.tls()) return;
    context_.load_verify_file(p.ca_file);
    context_.set_verify_mode(asio::ssl::verify_peer);
    context_.set_verify_callback(asio::ssl::host_name_verification(host));
  }

  asio::ssl::context& get() { return context_; }

  void before_handshake(SSL* ssl) const {
    if (resumes_ && last_) SSL_set_session(ssl, last_.get());
  }

  /// A session of TLS 1.3 can be resumed once something was read after its handshake. A copy,
  /// since OpenSSL gives the session up with a connection that is dropped.
  void when_open(SSL* ssl) { last_.reset(SSL_SESSION_dup(SSL_get0_session(ssl))); }

 private:
  asio::ssl::context context_;
  const bool resumes_;
  ssl_session_ptr last_;
};

/// What has to be set before the handshake.
template <class Stream>
void configure(Stream& ws, const plan& p) {
  ws.binary(true);
  ws.auto_fragment(false);  // one frame a message
  if (!p.deflate) return;
  websocket::permessage_deflate deflate;
  deflate.client_enable = true;
  deflate.compLevel = 6;  // zlib's own defaults, as the server has them
  deflate.memLevel = 8;
  ws.set_option(deflate);
}

}  // namespace bench
