#include "connecting.hpp"
#include "kernel_buffer.hpp"

#include <wsx/error.hpp>
#include <wsx/transport/strand.hpp>
#include <wsx/transport/tcp.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/compile.h>

namespace wsx {

namespace {

using asio::ip::tcp;

tcp::socket::wait_type wait_type(io_direction direction) noexcept {
  return direction == io_direction::read ? tcp::socket::wait_read : tcp::socket::wait_write;
}

// Limits the addresses that are tried, since a name may have any number of them.
constexpr std::size_t max_tried = 16;

std::string to_text(const tcp::endpoint& endpoint) {
  const auto& address = endpoint.address();
  if (address.is_v6())
    return fmt::format(FMT_COMPILE("[{}]:{}"), address.to_string(), endpoint.port());
  const auto b = address.to_v4().to_bytes();
  return fmt::format(FMT_COMPILE("{}.{}.{}.{}:{}"), b[0], b[1], b[2], b[3], endpoint.port());
}

// A resolver's error, in plain words.
std::string describe_lookup(std::error_code error) {
  if (error == asio::error::host_not_found) return "no host has that name";
  if (error == asio::error::no_data) return "that name has no address";
  if (error == asio::error::host_not_found_try_again) return "no name server answered";
  if (error == asio::error::no_recovery) return "the name server failed";
  return {};
}

asio::awaitable<std::error_code> refuse_tls(diagnostics& d) {
  d.detail = "this client speaks ws only: wss needs one with TLS";
  co_return errc::unsupported_scheme;
}

}  // namespace

// A name that is being looked up. The system's resolver can't be interrupted. The caller therefore
// waits for `done`, which `close` can cancel, and ignores a late result.
struct tcp_transport::lookup {
  explicit lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {
    done.expires_at(asio::steady_timer::time_point::max());
  }

  tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  std::error_code error{};
  tcp::resolver::results_type results{};
};

tcp_transport::tcp_transport(asio::any_io_executor executor, std::shared_ptr<transport_settings>)
    : socket_(below_strand(std::move(executor))) {}

tcp_transport::~tcp_transport() {
  close();
}

asio::awaitable<std::error_code> tcp_transport::connect(const url& to, diagnostics& d) {
  return to.secure() ? refuse_tls(d) : dial(to, d);
}

// An address needs no resolver, which would run in its own thread.
asio::awaitable<std::error_code> tcp_transport::dial(const url& to, diagnostics& d) {
  d.tried.clear();
  if (closed_) co_return asio::error::operation_aborted;
  std::error_code error;
  const auto address = asio::ip::make_address(to.host, error);
  if (error) {
    error = co_await dial_name(to, d);
  } else {
    const tcp::endpoint endpoint(address, to.port);
    error = co_await try_address(endpoint, d);
  }
  if (closed_) co_return asio::error::operation_aborted;
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  co_return error;
}

// Tries one address after the other.
asio::awaitable<std::error_code> tcp_transport::dial_name(const url& to, diagnostics& d) {
  d.stage = connect_stage::resolving;
  if (const auto error = co_await resolve(to)) {
    d.detail = describe_lookup(error);
    co_return error;
  }
  const auto results = std::move(lookup_->results);
  lookup_.reset();
  std::error_code error = asio::error::not_found;
  for (const auto& found : results) {
    const tcp::endpoint endpoint = found.endpoint();
    error = co_await try_address(endpoint, d);
    if (!error || closed_) break;
  }
  co_return error;
}

// An address that has not answered by the end of the attempt is recorded, too: the error of a
// deadline does not say which one was slow.
asio::awaitable<std::error_code> tcp_transport::try_address(const tcp::endpoint& to,
                                                            diagnostics& d) {
  d.stage = connect_stage::connecting;
  auto error = native_connecting::begin(socket_, to);
  if (error == asio::error::in_progress) error = co_await native_connecting::finish(socket_, to);
  if (error && d.tried.size() < max_tried) {
    const std::error_code unanswered = asio::error::timed_out;
    d.tried.push_back({to_text(to), closed_ ? unanswered : error});
  }
  co_return error;
}

asio::awaitable<std::error_code> tcp_transport::resolve(const url& to) {
  lookup_ = std::make_shared<lookup>(co_await asio::this_coro::executor);
  lookup_->resolver.async_resolve(
      to.host, std::to_string(to.port), tcp::resolver::numeric_service,
      [state = lookup_](std::error_code error, tcp::resolver::results_type results) {
        state->finished = true;
        state->error = error;
        state->results = std::move(results);
        state->done.cancel();
      });
  const auto state = lookup_;
  if (!state->finished) {
    std::error_code ignored;
    co_await state->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (closed_ || !state->finished) co_return asio::error::operation_aborted;
  co_return state->error;
}

asio::awaitable<std::error_code> tcp_transport::ready(io_direction direction) {
  std::error_code error;
  co_await socket_.async_wait(wait_type(direction),
                              asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

io_result tcp_transport::read_some(std::span<std::byte> room) noexcept {
  io_result result;
  result.bytes = socket_.read_some(asio::buffer(room.data(), room.size()), result.error);
  return result;
}

io_result tcp_transport::write_some(bytes_view bytes) noexcept {
  if (full_since_ != never && full_since_ != bounded) look_for_slow_link();
  io_result result;
  result.bytes = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), result.error);
  if (result.bytes < bytes.size() && full_since_ == never) full_since_ = clock::now();
  return result;
}

// The first write since the socket was full. If it is full for this long, the kernel's buffering
// only delays other data. On a fast link the limit costs throughput (docs/performance.md).
void tcp_transport::look_for_slow_link() noexcept {
  constexpr std::chrono::milliseconds slow{100};
  const bool is_slow = clock::now() - full_since_ >= slow;
  full_since_ = is_slow ? bounded : never;
  if (is_slow) bound_unsent(socket_);
}

std::optional<std::size_t> tcp_transport::unacknowledged() noexcept {
  return wsx::unacknowledged(socket_);
}

// The socket runs on the strand's inner executor, and the handler has its own strand. If the
// socket's executor were a strand behind an `any_io_executor`, each wait would allocate copies of
// it.
void tcp_transport::async_wait(io_direction direction, wait_handler ready) {
  const strand& serial = ready.serial();
  socket_.async_wait(wait_type(direction), on_strand(serial, std::move(ready)));
}

void tcp_transport::shutdown() noexcept {
  std::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void tcp_transport::close() noexcept {
  closed_ = true;
  std::error_code ignored;
  socket_.close(ignored);
  if (lookup_) {
    lookup_->resolver.cancel();
    lookup_->done.cancel();
  }
}

std::string tcp_transport::peer_endpoint() const {
  std::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  return error ? std::string() : to_text(endpoint);
}

std::string tcp_transport::local_endpoint() const {
  std::error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  return error ? std::string() : to_text(endpoint);
}

}  // namespace wsx
