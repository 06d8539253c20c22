#include "../../lib/transport/tls_wire.hpp"

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/use_future.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

using asio::ip::tcp;

namespace {

// A wire with OpenSSL at its end, and the socket at the other.
class wired {
 public:
  wired() {
    REQUIRE(wire.attach(ssl_.get()));
    wsx::url to;
    REQUIRE(parse_url("ws://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()), to) ==
            std::error_code());
    wsx::diagnostics details;
    auto connected = asio::co_spawn(io_, tcp_.dial(to, details), asio::use_future);
    auto accepted = acceptor_.async_accept(peer, asio::use_future);
    io_.run();
    accepted.get();
    REQUIRE(connected.get() == std::error_code());
  }

  // What the peer sends has arrived when this returns.
  void receive(std::string_view bytes) {
    asio::write(peer, asio::buffer(bytes));
    auto ready = asio::co_spawn(io_, tcp_.ready(wsx::io_direction::read), asio::use_future);
    io_.restart();
    io_.run();
    REQUIRE(ready.get() == std::error_code());
  }

  std::string read(std::size_t most) {
    std::string bytes(most, '\0');
    const int count = BIO_read(bio(), bytes.data(), static_cast<int>(most));
    return bytes.substr(0, count > 0 ? static_cast<std::size_t>(count) : 0);
  }

  // The flush sends the bytes, and nothing has sent any of them before.
  void check_leaves_by_flush(std::string_view bytes) {
    std::string got(bytes.size(), '\0');
    std::error_code error;
    peer.non_blocking(true);
    peer.read_some(asio::buffer(got), error);
    REQUIRE(error == asio::error::would_block);
    CHECK(wire.flush() == std::error_code());
    peer.non_blocking(false);
    asio::read(peer, asio::buffer(got));
    CHECK(got == bytes);
  }

  BIO* bio() { return SSL_get_rbio(ssl_.get()); }

 private:
  struct free_openssl {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  wsx::tcp_transport tcp_{io_.get_executor(), std::make_shared<wsx::transport_settings>()};

 public:
  wsx::tls_wire wire{tcp_};
  tcp::socket peer{io_};

 private:
  std::unique_ptr<SSL_CTX, free_openssl> context_{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, free_openssl> ssl_{SSL_new(context_.get())};
};

}  // namespace

TEST_SUITE("transport/tls_wire") {
  TEST_CASE("what is written leaves by the flush, all at once") {
    wired w;
    CHECK(BIO_write(w.bio(), "record", 6) == 6);
    CHECK(BIO_write(w.bio(), "s", 1) == 1);
    w.check_leaves_by_flush("records");
  }

  TEST_CASE("OpenSSL's own flush sends nothing, and never fails") {
    wired w;
    CHECK(BIO_write(w.bio(), "last", 4) == 4);
    CHECK(BIO_flush(w.bio()) == 1);
    w.check_leaves_by_flush("last");
  }

  TEST_CASE("what a full socket does not take waits for the next flush") {
    wired w;
    const std::string much(wsx::wire_buffer::capacity, 'x');
    std::size_t written = 0;
    while (w.wire.flush() == std::error_code()) {
      // All is gone, so there is room for as much again.
      REQUIRE(BIO_write(w.bio(), much.data(), static_cast<int>(much.size())) ==
              static_cast<int>(much.size()));
      written += much.size();
    }
    CHECK(w.wire.flush() == asio::error::would_block);
    CHECK(BIO_flush(w.bio()) == 1);
    std::string got(written, '\0');
    std::size_t read = 0;
    while (read < written) {
      read += w.peer.read_some(asio::buffer(got.data() + read, written - read));
      w.wire.flush();
    }
    CHECK(got == std::string(written, 'x'));
  }

  TEST_CASE("more than there is room for is refused, to be offered again") {
    wired w;
    const std::string most(wsx::wire_buffer::capacity, 'x');
    while (!BIO_should_retry(w.bio())) {
      BIO_write(w.bio(), most.data(), static_cast<int>(most.size()));
    }
    CHECK(BIO_should_write(w.bio()));
    CHECK(w.wire.error() == asio::error::would_block);
  }

  TEST_CASE("when the peer is gone, what is written is dropped, and reading goes on") {
    wired w;
    w.receive("last");
    w.peer.set_option(asio::socket_base::linger(true, 0));
    w.peer.close();
    std::error_code error;
    while (!error) {
      CHECK(BIO_write(w.bio(), "x", 1) == 1);
      error = w.wire.flush();
    }
    CHECK(error != asio::error::would_block);
    const std::string much(2 * wsx::wire_buffer::capacity, 'x');
    CHECK(BIO_write(w.bio(), much.data(), static_cast<int>(much.size())) ==
          static_cast<int>(much.size()));
    CHECK(w.wire.flush() == error);
    w.wire.before_reading();
    CHECK(w.read(10) == "last");
  }

  TEST_CASE("the socket is read once a batch, and the batch taken piece by piece") {
    wired w;
    w.receive("record");
    w.wire.before_reading();
    CHECK(w.read(2) == "re");
    w.receive("s");
    CHECK(w.read(10) == "cord");
    CHECK(w.read(10) == "");
    CHECK(BIO_should_read(w.bio()));
    w.wire.before_reading();
    CHECK(w.read(10) == "s");
  }

  TEST_CASE("the end of the stream shows behind its last bytes") {
    wired w;
    w.receive("last");
    w.peer.close();
    w.wire.before_reading();
    CHECK(w.read(10) == "last");
    w.wire.before_reading();
    CHECK(w.read(10) == "");
    CHECK_FALSE(BIO_should_retry(w.bio()));
    CHECK(BIO_eof(w.bio()) == 1);
  }
}
