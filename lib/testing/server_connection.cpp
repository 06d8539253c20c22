#include "byte_stream.hpp"

#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_connection.hpp>

#include <utility>

namespace wsx::testing {
namespace {

std::string encode_all(std::initializer_list<server_frame> frames) {
  std::string bytes;
  for (const auto& frame : frames) bytes += encode_server_frame(frame);
  return bytes;
}

}  // namespace

server_connection::server_connection(std::unique_ptr<byte_stream> stream, std::size_t index,
                                     std::chrono::milliseconds timeout)
    : server_stream(std::move(stream), index, timeout) {}

// The opening handshake.

const http_request& server_connection::read_request() {
  const auto limit = limit_for("an HTTP request");
  for (;;) {
    auto bytes = unread();
    if (auto request = parse_request(bytes)) {
      take_all_but(bytes.size());
      request_ = std::move(*request);
      request_pending_ = true;
      return request_;
    }
    if (!receive(limit)) {
      throw script_error("expected an HTTP request, saw " + how_it_ended());
    }
  }
}

void server_connection::accept(const accept_options& options) {
  accept_and_send({}, options);
}

void server_connection::accept_and_send(std::initializer_list<server_frame> frames,
                                        const accept_options& options) {
  if (!request_pending_) read_request();
  check_upgrade_request(request_);
  request_pending_ = false;
  send_raw(make_accept_response(request_, options) + encode_all(frames));
}

void server_connection::respond(std::string_view response) {
  if (!request_pending_) read_request();
  request_pending_ = false;
  send_raw(response);
}

// Sending.

void server_connection::send(std::initializer_list<server_frame> frames) {
  send_raw(encode_all(frames));
}

// Receiving.

std::optional<client_frame> server_connection::next_frame(const wait_limit& limit) {
  for (;;) {
    auto bytes = unread();
    if (auto frame = decode_client_frame(bytes)) {
      take_all_but(bytes.size());
      return frame;
    }
    if (receive(limit)) continue;
    if (unread().empty()) return std::nullopt;
    throw script_error("within a frame came " + how_it_ended());
  }
}

std::optional<client_frame> server_connection::read_frame() {
  return next_frame(limit_for("a frame"));
}

std::vector<client_frame> server_connection::read_frames() {
  std::vector<client_frame> frames;
  auto frame = read_frame();
  while (frame) {
    frames.push_back(std::move(*frame));
    auto bytes = unread();
    frame = decode_client_frame(bytes);
    take_all_but(bytes.size());
  }
  return frames;
}

std::vector<client_frame> server_connection::read_until_eof() {
  const auto limit = limit_for("the client to end the connection");
  std::vector<client_frame> frames;
  while (auto frame = next_frame(limit)) frames.push_back(std::move(*frame));
  return frames;
}

void server_connection::expect(const server_frame& expected) {
  const auto awaited = describe({.opcode = expected.opcode, .payload = expected.payload});
  const auto frame = next_frame(limit_for(awaited));
  if (!frame) throw script_error("expected " + awaited + ", saw " + how_it_ended());
  const bool same = frame->opcode == expected.opcode && frame->payload == expected.payload &&
                    frame->fin && frame->rsv == 0;
  if (!same) throw script_error("expected " + awaited + ", saw " + describe(*frame));
}

void server_connection::expect_text(std::string_view payload) {
  expect(text_frame(payload));
}
void server_connection::expect_binary(std::string_view payload) {
  expect(binary_frame(payload));
}
void server_connection::expect_ping(std::string_view payload) {
  expect(ping_frame(payload));
}
void server_connection::expect_pong(std::string_view payload) {
  expect(pong_frame(payload));
}
void server_connection::expect_close() {
  expect(close_frame());
}

void server_connection::expect_close(std::uint16_t code, std::string_view reason) {
  expect(close_frame(code, reason));
}

void server_connection::expect_eof() {
  const auto limit = limit_for("the client to end the connection");
  if (unread().empty() && !receive(limit)) return;
  auto bytes = unread();
  const auto frame = decode_client_frame(bytes);
  throw script_error("expected the end of the stream, saw " +
                     (frame ? describe(*frame) : std::to_string(bytes.size()) + " bytes"));
}

}  // namespace wsx::testing
