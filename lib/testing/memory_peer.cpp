#include "memory_connection.hpp"

#include <wsx/testing/script_error.hpp>

#include <asio/error.hpp>

#include <utility>

namespace wsx::testing {

void memory_peer::write(std::string_view bytes) {
  const std::lock_guard held(connection_->mutex);
  connection_->inbound += bytes;
  connection_->wake();
}

std::string memory_peer::take_written() {
  const std::lock_guard held(connection_->mutex);
  return std::exchange(connection_->outbound, {});
}

std::size_t memory_peer::discard_written() {
  const std::lock_guard held(connection_->mutex);
  const std::size_t count = connection_->outbound.size();
  connection_->outbound.clear();
  return count;
}

std::optional<client_frame> memory_peer::take_frame() {
  const std::lock_guard held(connection_->mutex);
  std::string_view left = connection_->outbound;
  auto frame = decode_client_frame(left);
  connection_->outbound.erase(0, connection_->outbound.size() - left.size());
  return frame;
}

http_request memory_peer::accept(const accept_options& options) {
  std::optional<http_request> request;
  {
    const std::lock_guard held(connection_->mutex);
    std::string_view left = connection_->outbound;
    request = parse_request(left);
    connection_->outbound.erase(0, connection_->outbound.size() - left.size());
  }
  if (!request) throw script_error("the client has not written a whole request");
  check_upgrade_request(*request);
  write(make_accept_response(*request, options));
  return std::move(*request);
}

void memory_peer::close() {
  fail_reads(asio::error::eof);
}

void memory_peer::fail_reads(std::error_code error) {
  const std::lock_guard held(connection_->mutex);
  const std::size_t left = connection_->inbound.size() - connection_->inbound_taken;
  const std::size_t end = connection_->bytes_read + left;
  if (end < connection_->read_failure.position) connection_->read_failure = {end, error};
  connection_->wake();
}

void memory_peer::fail_reads_at(std::size_t position, std::error_code error) {
  const std::lock_guard held(connection_->mutex);
  connection_->read_failure = {position, error};
  connection_->wake();
}

void memory_peer::fail_writes(std::error_code error) {
  fail_writes_at(0, error);
}

void memory_peer::fail_writes_at(std::size_t position, std::error_code error) {
  const std::lock_guard held(connection_->mutex);
  connection_->write_failure = {position, error};
  connection_->wake();
}

void memory_peer::limit_read(std::size_t bytes) {
  const std::lock_guard held(connection_->mutex);
  connection_->read_limit = bytes;
  connection_->wake();
}

void memory_peer::limit_write(std::size_t bytes) {
  const std::lock_guard held(connection_->mutex);
  connection_->write_limit = bytes;
  connection_->wake();
}

void memory_peer::allow_write(std::size_t bytes) {
  const std::lock_guard held(connection_->mutex);
  connection_->write_allowance = bytes;
  connection_->wake();
}

std::size_t memory_peer::bytes_read() const {
  const std::lock_guard held(connection_->mutex);
  return connection_->bytes_read;
}

std::size_t memory_peer::bytes_written() const {
  const std::lock_guard held(connection_->mutex);
  return connection_->bytes_written;
}

bool memory_peer::client_shut_down() const {
  const std::lock_guard held(connection_->mutex);
  return connection_->shut_down;
}

bool memory_peer::client_closed() const {
  const std::lock_guard held(connection_->mutex);
  return connection_->client == nullptr;
}

}  // namespace wsx::testing
