#include "socket_channel.hpp"

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace wsx::testing {
namespace {

[[noreturn]] void throw_timeout(const wait_limit& limit) {
  throw wait_timeout("timed out after " + std::to_string(limit.timeout.count()) +
                     " ms waiting for " + std::string{limit.awaited});
}

[[noreturn]] void throw_failure(std::error_code error, const wait_limit& limit) {
  throw script_error(error.message() + " while waiting for " + std::string{limit.awaited});
}

bool is_reset(std::error_code error) {
  return error == asio::error::connection_reset || error == asio::error::connection_aborted;
}

}  // namespace

template <class Start>
socket_channel::outcome socket_channel::run(Start start, const wait_limit& limit) {
  // A peer that always has bytes, or space for them, must not extend the deadline.
  if (std::chrono::steady_clock::now() >= limit.deadline) throw_timeout(limit);
  std::optional<outcome> result;
  start([&result](std::error_code error, std::size_t bytes) { result = outcome{error, bytes}; });
  context_.restart();
  while (!result && context_.run_one_until(limit.deadline) != 0) {}
  if (!result) {
    // The handler refers to this stack frame, so the operation has to end before this returns. If
    // it still succeeds, that counts.
    std::error_code ignored;
    socket_.cancel(ignored);
    context_.restart();
    while (!result) context_.run_one();
    if (!stopped_ && result->error == asio::error::operation_aborted) throw_timeout(limit);
  }
  if (stopped_) throw server_stopped();
  return *result;
}

std::size_t socket_channel::read_some(std::span<char> into, const wait_limit& limit) {
  if (ended_ != stream_end::open) return 0;
  const auto [error, bytes] =
      run([&](auto done) { socket_.async_read_some(asio::buffer(into.data(), into.size()), done); },
          limit);
  if (!error) return bytes;
  if (error != asio::error::eof && !is_reset(error)) throw_failure(error, limit);
  ended_ = is_reset(error) ? stream_end::reset : stream_end::orderly;
  return 0;
}

void socket_channel::write(std::string_view bytes, const wait_limit& limit) {
  // Not asio::async_write: between two of its steps there is nothing to cancel, and it would start
  // the next step after the deadline.
  while (!bytes.empty()) {
    const auto [error, written] =
        run([&](auto done) { socket_.async_write_some(asio::buffer(bytes), done); }, limit);
    if (error) throw_failure(error, limit);
    bytes.remove_prefix(written);
  }
}

void socket_channel::shutdown_send() noexcept {
  std::error_code ignored;  // the peer may have reset the connection
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void socket_channel::reset() noexcept {
  std::error_code ignored;
  socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
  close();
}

void socket_channel::close() noexcept {
  std::error_code ignored;
  socket_.close(ignored);
}

void socket_channel::stop() {
  asio::post(context_, [this] {
    stopped_ = true;
    close();
  });
}

}  // namespace wsx::testing
