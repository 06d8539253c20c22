#include "replay_transport.hpp"

#include <wsx/testing/server_handshake.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace bench {

namespace {

constexpr std::size_t read_at_once = 256 * 1024;

}  // namespace

replay_transport::replay_transport(asio::any_io_executor executor,
                                   std::shared_ptr<wsx::transport_settings>)
    : strand_(wsx::as_strand(std::move(executor))) {
  while (frames_.size() < read_at_once) frames_ += the_replay.frame;
}

asio::awaitable<std::error_code> replay_transport::connect(const wsx::url&, wsx::diagnostics&) {
  co_return std::error_code();
}

bool replay_transport::readable() const noexcept {
  return !response_.empty() || (open_ && due_ && the_replay.left > 0);
}

wsx::io_result replay_transport::read_some(std::span<std::byte> room) noexcept {
  if (!readable()) return {0, asio::error::would_block};
  if (!response_.empty()) {
    const auto size = response_.size();  // the client has room for a head
    std::memcpy(room.data(), response_.data(), size);
    response_.clear();
    filled_size_ = 0;
    open_ = true;
    return {size, {}};
  }
  const auto size = the_replay.frame.size();
  const auto most = the_replay.one_in_flight ? 1 : std::min(room.size(), read_at_once) / size;
  const auto count = std::min(most, the_replay.left);
  fill(room.first(count * size));
  the_replay.left -= count;
  due_ = !the_replay.one_in_flight;
  return {count * size, {}};
}

// Clients read into the same buffer again and again: what lies there already is not copied.
void replay_transport::fill(std::span<std::byte> room) noexcept {
  if (filled_ != room.data()) filled_size_ = 0;
  filled_ = room.data();
  if (filled_size_ >= room.size()) return;
  std::memcpy(room.data(), frames_.data(), room.size());
  filled_size_ = room.size();
}

wsx::io_result replay_transport::write_some(wsx::bytes_view bytes) noexcept {
  if (!open_ && response_.empty()) answer(bytes);
  due_ = true;
  wake();
  return {bytes.size(), {}};
}

void replay_transport::answer(wsx::bytes_view bytes) {
  request_ += wsx::as_chars(bytes);
  std::string_view left = request_;
  if (const auto request = wsx::testing::parse_request(left))
    response_ = wsx::testing::make_accept_response(*request);
}

void replay_transport::async_wait(wsx::io_direction direction, wsx::wait_handler ready) {
  if (direction == wsx::io_direction::write || readable()) return post(std::move(ready));
  waiting_.emplace(std::move(ready));
}

void replay_transport::wake() {
  if (!waiting_ || !readable()) return;
  post(std::move(*std::exchange(waiting_, {})));
}

// As a socket's readiness comes.
void replay_transport::post(wsx::wait_handler ready) {
  const wsx::strand& serial = ready.serial();
  wsx::on_strand call(serial, std::move(ready));
  asio::post(strand_.get_inner_executor(), [call = std::move(call)]() mutable { call({}); });
}

}  // namespace bench
