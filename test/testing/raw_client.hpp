#pragma once

#include <wsx/testing/server_frame.hpp>

#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/ssl.hpp>
#include <asio/write.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

/// A client that knows nothing of WebSocket, to test the testing kit's servers: it writes bytes and
/// blocks until bytes come. The server's own timeouts bound it.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port, const char* address = "127.0.0.1") {
    socket().connect({asio::ip::make_address(address), port});
    socket().set_option(asio::ip::tcp::no_delay{true});
  }

  void start_tls(const std::string& ca_pem, const std::string& name) {
    tls_context_.add_certificate_authority(asio::buffer(ca_pem));
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification{name});
    SSL_set_tlsext_host_name(stream_.native_handle(), name.c_str());
    tls_ = true;
    stream_.handshake(asio::ssl::stream_base::client);
  }

  asio::ip::tcp::socket& socket() { return stream_.next_layer(); }
  asio::ssl::stream<asio::ip::tcp::socket>& tls() { return stream_; }

  void write(std::string_view bytes) {
    on_stream([&](auto& stream) { asio::write(stream, asio::buffer(bytes)); });
  }

  /// A correct frame.
  void send(std::uint8_t opcode, std::string_view payload, bool fin = true) {
    write(wsx::testing::encode_server_frame(
        {.opcode = opcode,
         .payload = std::string{payload},
         .fin = fin,
         .mask = wsx::testing::mask_key{0x37, 0xFA, 0x21, 0x3D}}));
  }

  std::string read(std::size_t size) {
    on_stream([&](auto& stream) {
      if (received_.size() < size) {
        asio::read(stream, asio::dynamic_buffer(received_),
                   asio::transfer_exactly(size - received_.size()));
      }
    });
    return take(size);
  }

  /// A response head.
  std::string read_head() {
    std::size_t size = 0;
    on_stream([&](auto& stream) {
      size = asio::read_until(stream, asio::dynamic_buffer(received_), "\r\n\r\n");
    });
    return take(size);
  }

  /// What comes until the server ends its side; `end` is how.
  std::string read_to_end(std::error_code& end) {
    on_stream([&](auto& stream) { asio::read(stream, asio::dynamic_buffer(received_), end); });
    return take(received_.size());
  }

  std::string read_to_end() {
    std::error_code ignored;
    return read_to_end(ignored);
  }

  /// One record of TLS.
  std::string read_record() {
    std::string record(16384, '\0');
    record.resize(stream_.read_some(asio::buffer(record)));
    return record;
  }

  /// An opening handshake with the key of RFC 6455 1.3.
  void request() {
    write(
        "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
        "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n");
  }

  /// `request`; returns the response head.
  std::string open() {
    request();
    return read_head();
  }

 private:
  template <class Use>
  void on_stream(Use use) {
    if (tls_) {
      use(stream_);
    } else {
      use(socket());
    }
  }

  std::string take(std::size_t size) {
    std::string bytes = received_.substr(0, size);
    received_.erase(0, size);
    return bytes;
  }

  asio::io_context context_;
  asio::ssl::context tls_context_{asio::ssl::context::tls_client};
  asio::ssl::stream<asio::ip::tcp::socket> stream_{context_, tls_context_};
  bool tls_ = false;
  std::string received_;
};
