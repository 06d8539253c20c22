#pragma once

#include <wsx/testing/certificates.hpp>
#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/server_frame.hpp>
#include <wsx/testing/server_handshake.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsx::testing {

class byte_stream;
struct wait_limit;

/// How the client ended its side of a connection.
enum class stream_end {
  open,       ///< it has not, as far as the script has read
  orderly,    ///< FIN, over TLS after a close_notify
  truncated,  ///< FIN without a close_notify, over TLS
  reset,      ///< RST
};

/// The versions of TLS that a server speaks.
enum class tls_versions {
  all,
  only_1_1,  ///< which clients ought to refuse
  only_1_2,
};

/// Whether a server wants its clients to have certificates.
enum class client_certificates {
  ignored,
  demanded,  ///< which fails the handshake of a client of wsx; in TLS 1.3 after the client's side
};

/// The server's side of one connection, in the hands of a script. All calls block, and only the
/// script's own thread may make them.
///
/// Each call is bounded by the timeout (10 s unless changed) and throws `wait_timeout`, which says
/// what was awaited; `script_error` if the client did something else than expected.
class server_connection {
 public:
  server_connection(std::unique_ptr<byte_stream> stream, std::size_t index,
                    std::chrono::milliseconds timeout);
  ~server_connection();
  server_connection(const server_connection&) = delete;
  server_connection& operator=(const server_connection&) = delete;

  /// 0 for the server's first connection, then 1, 2...
  std::size_t index() const noexcept { return index_; }
  std::uint16_t peer_port() const noexcept;
  /// The name that the client asked for by SNI; empty without TLS or SNI.
  std::string server_name() const;
  /// Whether the client resumed a TLS session of an earlier connection. It can if the server had
  /// the same certificate.
  bool resumed() const;
  /// How the client ended its side, as far as it was read.
  stream_end ended() const noexcept;
  void set_timeout(std::chrono::milliseconds timeout) noexcept { timeout_ = timeout; }

  /// @name The opening handshake
  /// @{

  /// The next request. (A server with TLS has done its TLS handshake before the script starts.)
  const http_request& read_request();
  /// The request that was read last.
  const http_request& request() const noexcept { return request_; }
  /// Answers the request, which it reads and checks first if the script has not, with 101.
  void accept(const accept_options& options = {});
  /// `accept`, with frames right behind the response, in one write.
  void accept_and_send(std::initializer_list<server_frame> frames,
                       const accept_options& options = {});
  /// Answers the request, which it reads first if the script has not, with these very bytes.
  void respond(std::string_view response);
  /// Goes on with TLS from here, for a proxy that has answered a CONNECT.
  void start_tls(const certificate& own, tls_versions versions = tls_versions::all,
                 client_certificates wanted = client_certificates::ignored);

  /// @}
  /// @name Sending
  /// @{

  void send_text(std::string_view payload) { send(text_frame(payload)); }
  void send_binary(std::string_view payload) { send(binary_frame(payload)); }
  void send_ping(std::string_view payload = {}) { send(ping_frame(payload)); }
  void send_pong(std::string_view payload = {}) { send(pong_frame(payload)); }
  void send_close() { send(close_frame()); }
  void send_close(std::uint16_t code, std::string_view reason = {}) {
    send(close_frame(code, reason));
  }
  void send(const server_frame& frame) { send_raw(encode_server_frame(frame)); }
  /// Several frames in one write.
  void send(std::initializer_list<server_frame> frames);
  void send_raw(std::string_view bytes);
  /// Bytes that go past TLS, as somebody in between could add them.
  void send_beneath_tls(std::string_view bytes);
  /// Sends a KeyUpdate (RFC 8446 4.6.3), which wants one in return if `both`: TLS 1.3 only.
  void tls_update_keys(bool both = true);
  /// From now on each write carries at most `size` bytes (over TLS: each record); 0 for no limit.
  /// The kernel does not join the writes, but a client that reads late may find several at once.
  void chunk(std::size_t size) noexcept { chunk_ = size; }

  /// @}
  /// @name Receiving
  /// @{

  /// The next frame, or nothing if the client has ended its side between two frames.
  std::optional<client_frame> read_frame();
  /// All frames that are here, at least one; none if the client has ended its side.
  std::vector<client_frame> read_frames();
  /// All frames until the client ends its side.
  std::vector<client_frame> read_until_eof();
  /// All bytes that are here, whatever they are, at least one; none if the client has ended its
  /// side. What a connection that is about to be reset has received can be read with it: also the
  /// beginning of a frame.
  std::string read_some();
  /// Exactly `size` bytes, whatever they are.
  std::string read_raw(std::size_t size);

  /// The next frame must be an unfragmented one without reserved bits, and this one.
  void expect_text(std::string_view payload);
  void expect_binary(std::string_view payload);
  void expect_ping(std::string_view payload = {});
  void expect_pong(std::string_view payload = {});
  void expect_close();
  void expect_close(std::uint16_t code, std::string_view reason = {});
  /// The client must end its side without another byte.
  void expect_eof();
  /// Waits until the client ends its side; returns the number of bytes that it still sent.
  std::size_t wait_eof();

  /// @}
  /// @name Ending the connection; returning from the script does `close` as well
  /// @{

  /// Over TLS sends close_notify; ends the server's side, waits for the client to end its own.
  void close();
  /// Sends close_notify, and leaves TCP open.
  void tls_close_notify();
  /// Sends a fatal TLS alert, bad_record_mac, and leaves TCP open. Nothing can be read or sent
  /// then.
  void tls_fail();
  /// Ends the server's side of TCP, and can still read. Over TLS no close_notify is sent, so that
  /// the client sees a truncated stream, unless `tls_close_notify` came before.
  void shutdown_send();
  /// Ends the connection at once with an RST.
  void reset();

  /// @}

 private:
  bool receive(const wait_limit& limit);
  std::optional<client_frame> next_frame(const wait_limit& limit);
  void expect(const server_frame& expected);
  std::string_view unread() const noexcept;

  std::unique_ptr<byte_stream> stream_;
  std::size_t index_;
  std::chrono::milliseconds timeout_;
  std::size_t chunk_ = 0;
  http_request request_{};
  bool request_pending_ = false;
  std::string received_{};
  std::size_t consumed_ = 0;
};

}  // namespace wsx::testing
