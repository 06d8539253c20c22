#pragma once

#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/server_frame.hpp>
#include <wsx/testing/server_handshake.hpp>
#include <wsx/testing/server_stream.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace wsx::testing {

/// The server's side of one connection, for a script. All calls block, and only the script's own
/// thread may make them.
///
/// Each call is bounded by the timeout (10 s by default). It throws `wait_timeout`, which says what
/// was awaited, and `script_error` if the client did something unexpected.
class server_connection : public server_stream {
 public:
  server_connection(std::unique_ptr<byte_stream> stream, std::size_t index,
                    std::chrono::milliseconds timeout);

  /// @name The opening handshake
  /// @{

  /// Reads the next request. A server with TLS has done its TLS handshake before the script starts.
  const http_request& read_request();
  /// Returns the last request.
  const http_request& request() const noexcept { return request_; }
  /// Answers the request with 101. Reads and checks it first if the script has not.
  void accept(const accept_options& options = {});
  /// Does what `accept` does, with frames directly after the response, in one write.
  void accept_and_send(std::initializer_list<server_frame> frames,
                       const accept_options& options = {});
  /// Answers the request with exactly these bytes. Reads it first if the script has not.
  void respond(std::string_view response);

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
  /// Sends several frames in one write.
  void send(std::initializer_list<server_frame> frames);

  /// @}
  /// @name Receiving
  /// @{

  /// Returns the next frame, or nothing if the client has ended its side between two frames.
  std::optional<client_frame> read_frame();
  /// Returns all frames that have arrived, at least one; none if the client has ended its side.
  std::vector<client_frame> read_frames();
  /// Returns all frames until the client ends its side.
  std::vector<client_frame> read_until_eof();

  /// The next frame must be unfragmented, without reserved bits, and have this kind and payload.
  void expect_text(std::string_view payload);
  void expect_binary(std::string_view payload);
  void expect_ping(std::string_view payload = {});
  void expect_pong(std::string_view payload = {});
  void expect_close();
  void expect_close(std::uint16_t code, std::string_view reason = {});
  /// The client must end its side without sending another byte.
  void expect_eof();

  /// @}

 private:
  std::optional<client_frame> next_frame(const wait_limit& limit);
  void expect(const server_frame& expected);

  http_request request_{};
  bool request_pending_ = false;
};

}  // namespace wsx::testing
