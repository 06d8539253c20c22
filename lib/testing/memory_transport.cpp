#include "memory_connection.hpp"

#include <asio/async_result.hpp>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace wsx::testing {

void memory_connection::settle(stage how, std::error_code error) {
  at = how;
  refusal = error;
  if (client != nullptr) client->timer(io_direction::read).cancel();
}

void memory_connection::wake() {
  if (client == nullptr) return;
  for (const auto direction : {io_direction::read, io_direction::write}) {
    if (ready(direction)) client->timer(direction).cancel();
  }
}

memory_transport::memory_transport(asio::any_io_executor executor,
                                   std::shared_ptr<transport_settings>)
    : endpoint_(std::make_unique<memory_endpoint>(std::move(executor))) {
  endpoint_->connection->client = endpoint_.get();
}

memory_transport::~memory_transport() {
  close();
}

// Completes when the listener has accepted or refused, or the transport has been closed.
asio::awaitable<void> memory_transport::decided() {
  const auto start = [this](auto handler) {
    const memory_connection& shared = *endpoint_->connection;
    const std::lock_guard held(shared.mutex);
    auto& timer = endpoint_->timer(io_direction::read);
    timer.async_wait(std::move(handler));
    if (shared.client == nullptr || shared.at != memory_connection::stage::waiting) timer.cancel();
  };
  std::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  auto wait = asio::async_initiate<decltype(token), void(std::error_code)>(start, token);
  co_await std::move(wait);
}

asio::awaitable<std::error_code> memory_transport::connect(const url& to, diagnostics& d) {
  d.stage = connect_stage::connecting;
  memory_connection& shared = *endpoint_->connection;
  endpoint_->knock(to.host);
  co_await decided();
  const std::lock_guard held(shared.mutex);
  if (shared.client == nullptr) co_return asio::error::operation_aborted;
  if (shared.at == memory_connection::stage::refused) co_return shared.refusal;
  co_return std::error_code();
}

io_result memory_transport::read_some(std::span<std::byte> room) noexcept {
  memory_connection& c = *endpoint_->connection;
  const std::lock_guard held(c.mutex);
  if (c.client == nullptr) return {0, asio::error::bad_descriptor};
  const std::size_t count = std::min({room.size(), c.read_limit, c.readable()});
  if (count == 0) {
    if (c.read_fails()) return {0, c.read_failure.error};
    return {0, asio::error::would_block};
  }
  const auto bytes = as_bytes(c.inbound).subspan(c.inbound_taken, count);
  std::copy(bytes.begin(), bytes.end(), room.begin());
  c.inbound_taken += count;
  c.bytes_read += count;
  if (c.inbound_taken == c.inbound.size()) {
    c.inbound.clear();
    c.inbound_taken = 0;
  }
  return {count, {}};
}

io_result memory_transport::write_some(bytes_view bytes) noexcept {
  memory_connection& c = *endpoint_->connection;
  const std::lock_guard held(c.mutex);
  if (c.client == nullptr) return {0, asio::error::bad_descriptor};
  if (c.shut_down) return {0, asio::error::broken_pipe};
  if (c.write_fails()) return {0, c.write_failure.error};
  const std::size_t count = std::min({bytes.size(), c.write_limit, c.writable()});
  if (count == 0) return {0, asio::error::would_block};
  c.outbound.append(as_chars(bytes.first(count)));
  c.bytes_written += count;
  if (c.write_allowance != memory_peer::unlimited) c.write_allowance -= count;
  return {count, {}};
}

void memory_transport::async_wait(io_direction direction, wait_handler ready) {
  const auto& shared = endpoint_->connection;
  const std::lock_guard held(shared->mutex);
  auto& timer = endpoint_->timer(direction);
  const strand& serial = ready.serial();
  auto look = [shared, ready = std::move(ready)](std::error_code) {
    bool closed = false;
    {
      const std::lock_guard lock(shared->mutex);
      closed = shared->client == nullptr;
    }
    ready(closed ? std::error_code(asio::error::operation_aborted) : std::error_code());
  };
  timer.async_wait(on_strand(serial, std::move(look)));
  if (shared->ready(direction)) timer.cancel();
}

void memory_transport::shutdown() noexcept {
  const std::lock_guard held(endpoint_->connection->mutex);
  endpoint_->connection->shut_down = true;
}

void memory_transport::close() noexcept {
  const std::lock_guard held(endpoint_->connection->mutex);
  endpoint_->connection->client = nullptr;
  for (auto& timer : endpoint_->timers) timer.cancel();
}

std::string memory_transport::peer_endpoint() const {
  return "memory:" + endpoint_->connection->name;
}

std::string memory_transport::local_endpoint() const {
  return "memory:client";
}

}  // namespace wsx::testing
