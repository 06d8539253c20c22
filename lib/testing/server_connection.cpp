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

std::string describe_end(stream_end end) {
  switch (end) {
    case stream_end::reset: return "a reset";
    case stream_end::truncated: return "the end of TCP without close_notify";
    default: return "the end of the stream";
  }
}

}  // namespace

server_connection::server_connection(std::unique_ptr<byte_stream> stream, std::size_t index,
                                     std::chrono::milliseconds timeout)
    : stream_(std::move(stream)), index_(index), timeout_(timeout) {}

server_connection::~server_connection() = default;

std::uint16_t server_connection::peer_port() const noexcept {
  return stream_->peer_port();
}
std::string server_connection::server_name() const {
  return stream_->server_name();
}
bool server_connection::resumed() const {
  return stream_->resumed();
}
stream_end server_connection::ended() const noexcept {
  return stream_->ended();
}

// The opening handshake.

const http_request& server_connection::read_request() {
  const wait_limit limit{timeout_, "an HTTP request"};
  for (;;) {
    auto bytes = unread();
    if (auto request = parse_request(bytes)) {
      consumed_ = received_.size() - bytes.size();
      request_ = std::move(*request);
      request_pending_ = true;
      return request_;
    }
    if (!receive(limit)) {
      throw script_error("expected an HTTP request, saw " + describe_end(ended()));
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

void server_connection::start_tls(const certificate& own, tls_versions versions,
                                  client_certificates wanted) {
  const auto received = std::exchange(received_, {}).substr(std::exchange(consumed_, 0));
  stream_->start_tls(own, versions, wanted, received, {timeout_, "the TLS handshake"});
}

// Sending.

void server_connection::send(std::initializer_list<server_frame> frames) {
  send_raw(encode_all(frames));
}

void server_connection::send_beneath_tls(std::string_view bytes) {
  stream_->write_wire(bytes, wait_limit{timeout_, "the client to read what is sent"});
}

void server_connection::tls_update_keys(bool both) {
  stream_->update_keys(both, {timeout_, "the client to read a KeyUpdate"});
}

void server_connection::send_raw(std::string_view bytes) {
  const wait_limit limit{timeout_, "the client to read what is sent"};
  while (chunk_ != 0 && bytes.size() > chunk_) {
    stream_->write(bytes.substr(0, chunk_), limit);
    bytes.remove_prefix(chunk_);
  }
  stream_->write(bytes, limit);
}

// Receiving.

std::string_view server_connection::unread() const noexcept {
  return std::string_view{received_}.substr(consumed_);
}

bool server_connection::receive(const wait_limit& limit) {
  received_.erase(0, std::exchange(consumed_, 0));
  try {
    return stream_->read_some(received_, limit);
  } catch (const wait_timeout& timeout) {
    if (received_.empty()) throw;
    throw wait_timeout(timeout.what() + std::string{"; not enough for it were the "} +
                       std::to_string(received_.size()) + " bytes that came");
  }
}

std::optional<client_frame> server_connection::next_frame(const wait_limit& limit) {
  for (;;) {
    auto bytes = unread();
    if (auto frame = decode_client_frame(bytes)) {
      consumed_ = received_.size() - bytes.size();
      return frame;
    }
    if (receive(limit)) continue;
    if (unread().empty()) return std::nullopt;
    throw script_error("within a frame came " + describe_end(ended()));
  }
}

std::optional<client_frame> server_connection::read_frame() {
  return next_frame({timeout_, "a frame"});
}

std::vector<client_frame> server_connection::read_frames() {
  std::vector<client_frame> frames;
  auto frame = read_frame();
  while (frame) {
    frames.push_back(std::move(*frame));
    auto bytes = unread();
    frame = decode_client_frame(bytes);
    consumed_ = received_.size() - bytes.size();
  }
  return frames;
}

std::vector<client_frame> server_connection::read_until_eof() {
  const wait_limit limit{timeout_, "the client to end the connection"};
  std::vector<client_frame> frames;
  while (auto frame = next_frame(limit)) frames.push_back(std::move(*frame));
  return frames;
}

std::string server_connection::read_some() {
  if (unread().empty()) receive({timeout_, "bytes"});
  std::string bytes{unread()};
  consumed_ = received_.size();
  return bytes;
}

std::string server_connection::read_raw(std::size_t size) {
  const auto awaited = std::to_string(size) + " bytes";
  const wait_limit limit{timeout_, awaited};
  while (unread().size() < size) {
    if (!receive(limit)) {
      throw script_error("expected " + awaited + ", saw " + describe_end(ended()) + " after " +
                         std::to_string(unread().size()));
    }
  }
  std::string bytes{unread().substr(0, size)};
  consumed_ += size;
  return bytes;
}

void server_connection::expect(const server_frame& expected) {
  const auto awaited = describe({.opcode = expected.opcode, .payload = expected.payload});
  const auto frame = next_frame({timeout_, awaited});
  if (!frame) throw script_error("expected " + awaited + ", saw " + describe_end(ended()));
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
  const wait_limit limit{timeout_, "the client to end the connection"};
  if (unread().empty() && !receive(limit)) return;
  auto bytes = unread();
  const auto frame = decode_client_frame(bytes);
  throw script_error("expected the end of the stream, saw " +
                     (frame ? describe(*frame) : std::to_string(bytes.size()) + " bytes"));
}

std::size_t server_connection::wait_eof() {
  const wait_limit limit{timeout_, "the client to end the connection"};
  std::size_t count = unread().size();
  consumed_ = received_.size();
  while (receive(limit)) {
    count += received_.size();
    consumed_ = received_.size();
  }
  return count;
}

// Ending the connection.

void server_connection::close() {
  stream_->close({timeout_, "the client to end the connection"});
}

void server_connection::tls_close_notify() {
  stream_->send_close_notify({timeout_, "the client to read close_notify"});
}

void server_connection::tls_fail() {
  stream_->fail_tls({timeout_, "the client to read an alert"});
}

void server_connection::shutdown_send() {
  stream_->shutdown_send();
}
void server_connection::reset() {
  stream_->reset();
}

}  // namespace wsx::testing
