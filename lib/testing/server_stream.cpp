#include "byte_stream.hpp"

#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_stream.hpp>

#include <utility>

namespace wsx::testing {

server_stream::server_stream(std::unique_ptr<byte_stream> stream, std::size_t index,
                             std::chrono::milliseconds timeout)
    : stream_(std::move(stream)), index_(index), timeout_(timeout) {}

server_stream::~server_stream() = default;

std::uint16_t server_stream::peer_port() const noexcept {
  return stream_->peer_port();
}
std::string server_stream::server_name() const {
  return stream_->server_name();
}
bool server_stream::resumed() const {
  return stream_->resumed();
}
stream_end server_stream::ended() const noexcept {
  return stream_->ended();
}

wait_limit server_stream::limit_for(std::string_view awaited) const {
  return {timeout_, awaited};
}

void server_stream::start_tls(const certificate& own, tls_versions versions,
                              client_certificates wanted, std::string_view client_ca) {
  const auto received = std::exchange(received_, {}).substr(std::exchange(consumed_, 0));
  stream_->start_tls(own, versions, wanted, client_ca, received, limit_for("the TLS handshake"));
}

// Sending.

void server_stream::send_beneath_tls(std::string_view bytes) {
  stream_->write_wire(bytes, limit_for("the client to read what is sent"));
}

void server_stream::tls_update_keys(bool both) {
  stream_->update_keys(both, limit_for("the client to read a KeyUpdate"));
}

void server_stream::send_raw(std::string_view bytes) {
  const auto limit = limit_for("the client to read what is sent");
  while (chunk_ != 0 && bytes.size() > chunk_) {
    stream_->write(bytes.substr(0, chunk_), limit);
    bytes.remove_prefix(chunk_);
  }
  stream_->write(bytes, limit);
}

// Receiving.

std::string_view server_stream::unread() const noexcept {
  return std::string_view{received_}.substr(consumed_);
}

bool server_stream::receive(const wait_limit& limit) {
  received_.erase(0, std::exchange(consumed_, 0));
  try {
    return stream_->read_some(received_, limit);
  } catch (const wait_timeout& timeout) {
    if (received_.empty()) throw;
    throw wait_timeout(timeout.what() + std::string{"; not enough for it were the "} +
                       std::to_string(received_.size()) + " bytes that came");
  }
}

std::string server_stream::how_it_ended() const {
  switch (ended()) {
    case stream_end::reset: return "a reset";
    case stream_end::truncated: return "the end of TCP without close_notify";
    default: return "the end of the stream";
  }
}

std::string server_stream::read_some() {
  if (unread().empty()) receive(limit_for("bytes"));
  std::string bytes{unread()};
  take_all_but(0);
  return bytes;
}

std::string server_stream::read_raw(std::size_t size) {
  const auto awaited = std::to_string(size) + " bytes";
  const auto limit = limit_for(awaited);
  while (unread().size() < size) {
    if (!receive(limit)) {
      throw script_error("expected " + awaited + ", saw " + how_it_ended() + " after " +
                         std::to_string(unread().size()));
    }
  }
  std::string bytes{unread().substr(0, size)};
  consumed_ += size;
  return bytes;
}

std::size_t server_stream::wait_eof() {
  const auto limit = limit_for("the client to end the connection");
  std::size_t count = unread().size();
  take_all_but(0);
  while (receive(limit)) {
    count += received_.size();
    take_all_but(0);
  }
  return count;
}

// Ending the connection.

void server_stream::close() {
  stream_->close(limit_for("the client to end the connection"));
}

void server_stream::tls_close_notify() {
  stream_->send_close_notify(limit_for("the client to read close_notify"));
}

void server_stream::tls_fail() {
  stream_->fail_tls(limit_for("the client to read an alert"));
}

void server_stream::shutdown_send() {
  stream_->shutdown_send();
}
void server_stream::reset() {
  stream_->reset();
}

}  // namespace wsx::testing
