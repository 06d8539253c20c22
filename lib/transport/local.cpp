#include "connecting.hpp"
#include "dial_settings.hpp"
#include "socket_io.hpp"
#include "socket_setup.hpp"

#include <wsx/error.hpp>
#include <wsx/transport/local.hpp>

#include <asio/error.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace wsx {

namespace {

using socket_type = asio::generic::stream_protocol::socket;
using endpoint_type = asio::generic::stream_protocol::endpoint;

#if defined(ASIO_HAS_LOCAL_SOCKETS)

// Abstract names begin with a NUL for the system, and with an "@" for people. unix(7).
std::error_code find_endpoint(std::string path, endpoint_type& found) {
  if (path.starts_with('@')) path.front() = '\0';
  try {
    found = asio::local::stream_protocol::endpoint(path);
    return {};
  } catch (const std::system_error& too_long) {
    return too_long.code();
  }
}

std::string to_text(const endpoint_type& endpoint) {
  asio::local::stream_protocol::endpoint known;
  if (endpoint.size() > known.capacity() || endpoint.protocol().family() != AF_UNIX) return {};
  std::copy_n(reinterpret_cast<const char*>(endpoint.data()), endpoint.size(),
              reinterpret_cast<char*>(known.data()));
  known.resize(endpoint.size());
  std::string path = known.path();
  if (path.starts_with('\0')) path.front() = '@';
  return path.empty() ? path : "unix:" + path;
}

#else

std::error_code find_endpoint(const std::string&, endpoint_type&) {
  return asio::error::operation_not_supported;
}

std::string to_text(const endpoint_type&) {
  return {};
}

#endif

// How long to wait until the server may have accepted another client: the system does not tell.
constexpr std::chrono::milliseconds first_retry{1};
constexpr std::chrono::milliseconds last_retry{100};

}  // namespace

local_transport::local_transport(asio::any_io_executor executor,
                                 std::shared_ptr<transport_settings> settings)
    : socket_(below_strand(std::move(executor))), settings_(std::move(settings)) {}

local_transport::~local_transport() {
  close();
}

asio::awaitable<std::error_code> local_transport::connect(const url& to, diagnostics& d) {
  d.tried.clear();
  const auto settings = std::move(settings_);
  const dial_options& how = options_of(settings.get());
  if (closed_) co_return asio::error::operation_aborted;
  if (to.socket_path.empty() && (to.secure() || !adopted_)) {
    d.detail = "this client speaks ws+unix only: " + to.scheme + " needs another one";
    co_return errc::unsupported_scheme;
  }
  d.stage = connect_stage::connecting;
  // One that was connected by others may have any URL: its host is for the server.
  if (!adopted_) {
    if (const auto error = co_await try_path(to, how, d)) co_return error;
  }
  socket_setup setup(how.socket);
  const auto error = setup.after_connect(socket_);
  if (error) d.tried.push_back({to.host_and_port(), error, std::string(setup.failed())});
  co_return error;
}

asio::awaitable<std::error_code> local_transport::try_path(const url& to, const dial_options& how,
                                                           diagnostics& d) {
  endpoint_type endpoint;
  socket_setup setup(how.socket);
  auto error = find_endpoint(to.socket_path, endpoint);
  auto delay = first_retry;
  while (!error && !closed_) {
    error = native_connecting::begin(socket_, endpoint, &setup);
    if (error == asio::error::in_progress)
      error = co_await native_connecting::finish(socket_, endpoint);
    const bool full = error == asio::error::would_block || error == asio::error::try_again;
    if (closed_ || !full || !setup.failed().empty()) break;
    if (!retry_) retry_ = std::make_shared<asio::steady_timer>(socket_.get_executor());
    const auto timer = retry_;
    timer->expires_after(delay);
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, error));
    delay = std::min(2 * delay, last_retry);
  }
  retry_.reset();
  // The error of a deadline does not say that the server was slow.
  const auto why = closed_ ? make_error_code(asio::error::timed_out) : error;
  if (closed_) error = asio::error::operation_aborted;
  if (error) d.tried.push_back({to.host_and_port(), why, std::string(setup.failed())});
  co_return error;
}

std::error_code local_transport::adopt(const url&, connected_socket&& socket, diagnostics& d) {
  if (!is_local(socket)) {
    d.detail = "the socket is not a unix-domain one, and the client's transport takes no other";
    return errc::not_connected;
  }
  const auto error = take_over(socket_, std::move(socket), {AF_UNIX, 0});
  adopted_ = !error;
  return error;
}

io_result local_transport::read_some(std::span<std::byte> room) noexcept {
  return read_from(socket_, room);
}

io_result local_transport::write_some(bytes_view bytes) noexcept {
  return write_to(socket_, bytes);
}

void local_transport::async_wait(io_direction direction, wait_handler ready) {
  wait_for(socket_, direction, std::move(ready));
}

void local_transport::shutdown() noexcept {
  shut_down(socket_);
}

void local_transport::close() noexcept {
  closed_ = true;
  std::error_code ignored;
  socket_.close(ignored);
  if (retry_) retry_->cancel();
}

std::string local_transport::peer_endpoint() const {
  std::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  return error ? std::string() : to_text(endpoint);
}

std::string local_transport::local_endpoint() const {
  std::error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  return error ? std::string() : to_text(endpoint);
}

}  // namespace wsx
