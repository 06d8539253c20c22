#pragma once

#include "../input.hpp"

#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/server_deflate.hpp>
#include <wsx/testing/server_handshake.hpp>

#include <asio/error.hpp>

#include <array>
#include <string>
#include <system_error>
#include <utility>

namespace fuzz {

/// The server's end of one connection: does what the input says, and requires of the client what
/// RFC 6455 and 7692 do. What the client writes is decoded by the testing kit, which throws.
class server {
 public:
  explicit server(wsx::testing::memory_peer peer) : peer_(std::move(peer)) {}

  /// Reads what the client has written.
  void read() {
    unread_ += peer_.take_written();
    std::string_view left = unread_;
    if (!request_seen_) read_request(left);
    if (accepted_) {
      while (const auto frame = wsx::testing::decode_client_frame(left)) take(*frame);
    }
    unread_.erase(0, unread_.size() - left.size());
  }

  void step(input& in) {
    switch (in.choice(12)) {
      case 0:
      case 1: return answer(in);
      case 2: return peer_.write(in.take(in.byte()));
      case 3:
      case 4:
      case 5:
      case 6: return write_frame(in);
      case 7: {
        const auto bytes = in.byte();
        return peer_.allow_write(bytes < 200 ? bytes : wsx::testing::memory_peer::unlimited);
      }
      case 8: return peer_.limit_read(1 + in.choice(200));
      case 9: return peer_.limit_write(1 + in.choice(200));
      case 10: return peer_.close();
      default: return fail(in);
    }
  }

 private:
  void read_request(std::string_view& left) {
    const auto request = wsx::testing::parse_request(left);
    if (!request) return;
    wsx::testing::check_upgrade_request(*request);
    request_ = *request;
    request_seen_ = true;
  }

  void answer(input& in) {
    static constexpr std::array<std::string_view, 7> extensions{
        "permessage-deflate",
        "permessage-deflate; client_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits=9",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=8",
        "x",
    };
    if (!request_seen_ || accepted_) return;
    if (in.choice(6) == 0) {
      return peer_.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\n" +
                         std::string(in.choice(4), 'n'));
    }
    wsx::testing::accept_options options;
    const auto extension = in.choice(2 * extensions.size());
    if (extension < extensions.size())
      options.headers.push_back({"Sec-WebSocket-Extensions", std::string(extensions[extension])});
    peer_.write(wsx::testing::make_accept_response(request_, options));
    accepted_ = true;
    takeover_ = extension != 1 && extension != 2;
  }

  void write_frame(input& in) {
    static constexpr std::array<std::uint8_t, 8> opcodes{1, 2, 0, 8, 9, 10, 3, 1};
    const auto how = in.byte();
    wsx::testing::server_frame frame{.opcode = opcodes[how % opcodes.size()]};
    frame.fin = (how & 0x08) == 0;
    if ((how & 0x30) == 0x30) frame.rsv = wsx::testing::rsv1;
    frame.payload = in.take(in.byte());
    // Else the input would have to hold what is long, or compressed.
    if ((how & 0x40) != 0) frame.payload.append(in.byte() * 16u, 'x');
    if (frame.rsv != 0 && (how & 0x80) != 0) frame.payload = deflater_.message(frame.payload);
    peer_.write(frame);
  }

  void fail(input& in) {
    static const std::array<std::error_code, 4> errors{
        make_error_code(asio::error::connection_reset), make_error_code(asio::error::broken_pipe),
        make_error_code(asio::error::timed_out), make_error_code(std::errc::io_error)};
    const auto error = errors[in.choice(errors.size())];
    switch (in.choice(4)) {
      case 0: return peer_.fail_reads(error);
      case 1: return peer_.fail_writes(error);
      case 2: return peer_.fail_reads_at(peer_.bytes_read() + in.byte(), error);
      default: return peer_.fail_writes_at(peer_.bytes_written() + in.byte(), error);
    }
  }

  void take(const wsx::testing::client_frame& frame) {
    require(!closed_);  // RFC 6455 5.5.1: nothing follows a Close frame
    closed_ = frame.opcode == wsx::testing::opcodes::close;
    if (frame.opcode >= wsx::testing::opcodes::close) return require(frame.rsv == 0);
    require((frame.opcode == wsx::testing::opcodes::continuation) == in_message_);
    require(frame.rsv == 0 || !in_message_);
    if (!in_message_) compressed_ = frame.rsv != 0;
    message_ += frame.payload;
    in_message_ = !frame.fin;
    if (in_message_) return;
    if (compressed_) message_ = inflater_.message(message_);
    // Whoever sends has a letter of its own.
    require(message_.find_first_not_of(message_.substr(0, 1)) == std::string::npos);
    if (compressed_ && !takeover_) inflater_.reset();
    message_.clear();
  }

  wsx::testing::memory_peer peer_;
  wsx::testing::http_request request_;
  wsx::testing::server_deflater deflater_{9};
  wsx::testing::server_inflater inflater_;
  std::string unread_, message_;
  bool request_seen_ = false, accepted_ = false, takeover_ = true;
  bool in_message_ = false, compressed_ = false, closed_ = false;
};

}  // namespace fuzz
