#include "address_order.hpp"
#include "connecting.hpp"
#include "dial_settings.hpp"
#include "happy_eyeballs.hpp"
#include "kernel_buffer.hpp"
#include "lookup.hpp"
#include "proxy/choice.hpp"
#include "proxy/proxy_tls.hpp"
#include "socket_io.hpp"
#include "socket_setup.hpp"

#include <wsx/dial_options.hpp>
#include <wsx/error.hpp>
#include <wsx/transport/strand.hpp>
#include <wsx/transport/tcp.hpp>

#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/compile.h>

#include <exception>
#include <utility>

namespace wsx {

namespace {

using asio::ip::tcp;

// Limits the addresses that are recorded.
constexpr std::size_t max_tried = 16;

std::string to_text(const tcp::endpoint& endpoint) {
  const auto& address = endpoint.address();
  if (address.is_v6())
    return fmt::format(FMT_COMPILE("[{}]:{}"), address.to_string(), endpoint.port());
  const auto b = address.to_v4().to_bytes();
  return fmt::format(FMT_COMPILE("{}.{}.{}.{}:{}"), b[0], b[1], b[2], b[3], endpoint.port());
}

// One phrase for each address. Each is short: an address and a message of the system.
std::string describe(const std::vector<tried_address>& tried) {
  std::string text;
  for (const auto& [endpoint, error, option] : tried) {
    if (!text.empty()) text += ", ";
    text += endpoint + ": " + (option.empty() ? "" : option + ": ") + error.message();
  }
  return text;
}

// An address that has not answered by the end of the attempt is recorded, too: the error of a
// deadline does not say which one was slow.
void record(const tcp::endpoint& to, std::error_code error, bool answered, std::string_view option,
            diagnostics& d) {
  if (d.tried.size() == max_tried) return;
  const auto why = answered ? error : make_error_code(asio::error::timed_out);
  d.tried.push_back({to_text(to), why, std::string(option)});
}

// Removes the addresses that `local_address` can't connect to.
std::error_code keep_family(std::vector<tcp::endpoint>& found, const socket_options& options,
                            diagnostics& d) {
  std::erase_if(found, [&](const auto& each) { return !may_connect(options, each.address()); });
  if (!found.empty()) return {};
  d.detail = "it has no address of the family of dial.socket.local_address";
  return asio::error::no_data;
}

std::error_code refuse_family(diagnostics& d) {
  d.detail = "the host and dial.socket.local_address are addresses of different families";
  return errc::invalid_option;
}

asio::awaitable<std::error_code> refuse_scheme(std::string_view scheme, diagnostics& d) {
  d.detail = scheme == "wss" ? "this client speaks ws only: wss needs one with TLS"
                             : "this client speaks ws only: ws+unix needs another transport";
  co_return errc::unsupported_scheme;
}

}  // namespace

tcp_transport::tcp_transport(asio::any_io_executor executor,
                             std::shared_ptr<transport_settings> settings)
    : socket_(below_strand(std::move(executor))), settings_(std::move(settings)) {}

tcp_transport::~tcp_transport() {
  close();
}

asio::awaitable<std::error_code> tcp_transport::connect(const url& to, diagnostics& d) {
  return to.scheme == "ws" ? dial(to, d, std::move(settings_)) : refuse_scheme(to.scheme, d);
}

// An address needs no lookup. A single one, the usual case, needs no race: it costs nothing more
// than to connect.
asio::awaitable<std::error_code> tcp_transport::dial(
    const url& to, diagnostics& d, std::shared_ptr<const transport_settings> settings) {
  d.tried.clear();
  tunneled_ = false;
  if (closed_) co_return asio::error::operation_aborted;
  const dial_options& how = options_of(settings.get());
  if (adopted_) {
    d.stage = connect_stage::connecting;
    co_return set_up_connected(how.socket, d);
  }
  std::error_code error;
  const auto by = choose_proxy(how.proxy, to, environment_of_process, error, d.detail);
  if (error) co_return error;
  if (by) co_return co_await dial_by(*by, to, d, *settings);
  endpoints found;
  const std::string host = to.zone.empty() ? to.host : to.host + '%' + to.zone;
  tcp::endpoint first(asio::ip::make_address(host, error), to.port);
  if (error) {
    error = co_await resolve(to, how, found, d);
    if (error) co_return error;
    first = found.front();
  }
  if (!may_connect(how.socket, first.address())) co_return refuse_family(d);
  d.stage = connect_stage::connecting;
  if (found.size() <= 1 && how.address_timeout == how.address_timeout.zero()) {
    error = co_await try_address(first, how, d);
  } else {
    if (found.empty()) found.push_back(first);
    error = co_await try_addresses(std::move(found), how, d);
  }
  if (closed_) co_return asio::error::operation_aborted;
  co_return error ? error : set_up_connected(how.socket, d);
}

std::error_code tcp_transport::set_up_connected(const socket_options& options, diagnostics& d) {
  socket_setup setup(options);
  const auto error = setup.after_connect(socket_);
  if (!error) return {};
  std::error_code unknown;
  record(socket_.remote_endpoint(unknown), error, true, setup.failed(), d);
  d.detail = describe(d.tried);
  return error;
}

std::error_code tcp_transport::adopt(const url&, connected_socket&& socket, diagnostics& d) {
  std::error_code error;
  const int family = socket.local_endpoint(error).protocol().family();
  if (family != tcp::v4().family() && family != tcp::v6().family()) {
    d.detail = "the socket is not one of TCP, and the client's transport takes no other";
    return errc::not_connected;
  }
  error =
      take_over(socket_, std::move(socket), family == tcp::v4().family() ? tcp::v4() : tcp::v6());
  adopted_ = !error;
  return error;
}

asio::awaitable<std::error_code> tcp_transport::resolve(const url& to, const dial_options& how,
                                                        endpoints& found, diagnostics& d) {
  d.stage = connect_stage::resolving;
  const auto by = how.resolver;
  auto result = by ? std::nullopt : look_up_special(to.host, to.port);
  if (!result) {
    const strand serial = as_strand(co_await asio::this_coro::executor);
    const auto step = by ? make_resolver_lookup(serial, by, to.host, to.port)
                         : make_system_lookup(serial, to.host, to.port);
    step_ = step;
    step->begin();
    result = co_await step->wait();
    step_.reset();
  }
  if (closed_) co_return asio::error::operation_aborted;
  if (result->exception) std::rethrow_exception(result->exception);
  if (!result->error && result->found.empty()) result->error = asio::error::no_data;
  if (result->error)
    d.detail = result->detail.empty() ? describe_lookup(result->error) : result->detail;
  found = by ? std::move(result->found) : interleave_families(result->found);
  if (!result->error) result->error = keep_family(found, how.socket, d);
  if (found.size() > max_addresses) found.resize(max_addresses);
  co_return result->error;
}

asio::awaitable<std::error_code> tcp_transport::try_address(const tcp::endpoint& to,
                                                            const dial_options& how,
                                                            diagnostics& d) {
  socket_setup setup(how.socket);
  auto error = native_connecting::begin(socket_, to, &setup);
  if (error == asio::error::in_progress) error = co_await native_connecting::finish(socket_, to);
  if (error) record(to, error, !closed_, setup.failed(), d);
  if (error) d.detail = describe(d.tried);
  co_return error;
}

asio::awaitable<std::error_code> tcp_transport::try_addresses(endpoints to, const dial_options& how,
                                                              diagnostics& d) {
  const auto race = std::make_shared<happy_eyeballs>(executor(), std::move(to), how);
  step_ = race;
  const auto error = co_await race->connect();
  step_.reset();
  if (!error) socket_ = race->take();
  for (std::size_t i = 0; i < race->begun(); ++i) {
    const auto failed = race->error_of(i);
    const bool answered = failed != asio::error::in_progress;
    if (failed && (answered || error)) {
      record(race->address_of(i), failed, answered, race->option_of(i), d);
    }
  }
  if (error) d.detail = describe(d.tried);
  co_return error;
}

proxy_tls& tcp_transport::tunnel() const noexcept {
  return static_cast<proxy_tls&>(*step_);
}

asio::awaitable<std::error_code> tcp_transport::ready(io_direction direction) {
  if (tunneled_) co_return co_await tunnel().ready(direction);
  std::error_code error;
  co_await socket_.async_wait(wait_type(direction),
                              asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

io_result tcp_transport::read_some(std::span<std::byte> room) noexcept {
  if (tunneled_) return tunnel().read_some(room);
  return read_from(socket_, room);
}

io_result tcp_transport::write_some(bytes_view bytes) noexcept {
  if (tunneled_) return tunnel().write_some(bytes);
  if (full_since_ != never && full_since_ != bounded) look_for_slow_link();
  const io_result result = write_to(socket_, bytes);
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
  return tunneled_ ? tunnel().unacknowledged() : wsx::unacknowledged(socket_);
}

void tcp_transport::async_wait(io_direction direction, wait_handler ready) {
  if (tunneled_) return tunnel().async_wait(direction, std::move(ready));
  wait_for(socket_, direction, std::move(ready));
}

void tcp_transport::shutdown() noexcept {
  if (tunneled_) return tunnel().shutdown();
  shut_down(socket_);
}

void tcp_transport::close() noexcept {
  closed_ = true;
  std::error_code ignored;
  socket_.close(ignored);
  if (step_) step_->cancel();
}

std::size_t tcp_transport::committed() const noexcept {
  return tunneled_ ? tunnel().committed() : 0;
}

std::string tcp_transport::error_detail() const {
  return tunneled_ ? tunnel().error_detail() : std::string();
}

std::string tcp_transport::peer_endpoint() const {
  if (tunneled_) return tunnel().peer_endpoint();
  std::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  return error ? std::string() : to_text(endpoint);
}

std::string tcp_transport::local_endpoint() const {
  if (tunneled_) return tunnel().local_endpoint();
  std::error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  return error ? std::string() : to_text(endpoint);
}

}  // namespace wsx
