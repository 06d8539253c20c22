#include "raw_connection.hpp"

#include <asio/buffer.hpp>
#include <asio/read_until.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace bench::raw {

// GCC 12 destroys some temporaries of a co_await expression twice: so what has any is made first,
// and awaited then.

namespace {

using asio::ip::tcp;

constexpr auto end_of_head = "\r\n\r\n";

ssl_context_ptr make_context(const std::string& ca_file) {
  ssl_context_ptr context(SSL_CTX_new(TLS_client_method()));
  check_openssl(context && SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1,
                "CA certificate");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

// Calls OpenSSL until it has done what it was called for.
asio::awaitable<void> drive(connection_ptr c, std::function<int(SSL*)> call) {
  for (;;) {
    ERR_clear_error();
    const int result = call(c->ssl.get());
    if (result > 0) co_return;
    const int wanted = SSL_get_error(c->ssl.get(), result);
    check_openssl(wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE, "TLS");
    const auto direction =
        wanted == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
    co_await c->socket.async_wait(direction, asio::use_awaitable);
  }
}

}  // namespace

// A session whose connection is freed without a shutdown can't be resumed.
connection::~connection() {
  if (ssl) SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

dialer::dialer(const plan& p)
    : server_(asio::ip::address_v4::loopback(), p.port),
      request_(fmt::format(
          "GET {} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
          path_of(p))),
      context_(p.tls() ? make_context(p.ca_file) : nullptr) {}

asio::awaitable<connection_ptr> dialer::dial() {
  const auto c = std::make_shared<connection>(co_await asio::this_coro::executor);
  co_await c->socket.async_connect(server_, asio::use_awaitable);
  c->socket.set_option(tcp::no_delay(true));
  auto opening = context_ ? open_tls(c) : open_plain(c);
  co_await std::move(opening);
  co_return c;
}

asio::awaitable<void> dialer::open_plain(connection_ptr c) {
  co_await asio::async_write(c->socket, asio::buffer(request_), asio::use_awaitable);
  std::string response;
  auto buffer = asio::dynamic_buffer(response);
  co_await asio::async_read_until(c->socket, buffer, end_of_head, asio::use_awaitable);
}

asio::awaitable<void> dialer::open_tls(connection_ptr c) {
  c->socket.native_non_blocking(true);
  c->ssl.reset(SSL_new(context_.get()));
  check_openssl(c->ssl && SSL_set_fd(c->ssl.get(), c->socket.native_handle()) == 1 &&
                    SSL_set1_host(c->ssl.get(), "localhost") == 1,
                "TLS");
  if (session_) SSL_set_session(c->ssl.get(), session_.get());
  co_await drive(c, SSL_connect);

  std::function<int(SSL*)> write = [this](SSL* ssl) {
    return SSL_write(ssl, request_.data(), static_cast<int>(request_.size()));
  };
  auto writing = drive(c, std::move(write));
  co_await std::move(writing);

  std::string response;
  std::array<char, 1024> room;
  std::function<int(SSL*)> read = [&](SSL* ssl) {
    const int bytes = SSL_read(ssl, room.data(), static_cast<int>(room.size()));
    if (bytes > 0) response.append(room.data(), static_cast<std::size_t>(bytes));
    return bytes;
  };
  while (response.find(end_of_head) == response.npos) {
    auto reading = drive(c, read);
    co_await std::move(reading);
  }
  session_.reset(SSL_get1_session(c->ssl.get()));
}

}  // namespace bench::raw
