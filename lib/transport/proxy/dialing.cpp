#include <wsx/config.hpp>

#include "../../reset_by_peer.hpp"
#include "../../would_block.hpp"
#include "../dial_settings.hpp"
#include "../lookup.hpp"
#include "exchange.hpp"
#include "proxy.hpp"
#include "proxy_tls.hpp"

#include <wsx/dial_options.hpp>
#include <wsx/error.hpp>
#include <wsx/transport/tcp.hpp>

#include <asio/error.hpp>

#include <array>
#include <utility>

// How a TCP transport connects by a proxy.

namespace wsx {

namespace {

// The proxy itself is connected to without a proxy.
std::shared_ptr<transport_settings> settings_for_proxy(const transport_settings& settings) {
  auto dial = std::make_shared<dial_options>(*settings.dial);
  auto direct = std::make_shared<transport_settings>();
  direct->tls = std::move(dial->proxy.tls);
  if (!direct->tls) direct->tls = std::make_shared<const tls_options>();
  dial->proxy = {};
  direct->dial = std::move(dial);
  return direct;
}

std::error_code dropped(std::error_code error) noexcept {
  const bool by_proxy =
      error == asio::error::eof || reset_by_peer<asio::error::basic_errors>(error);
  return by_proxy ? make_error_code(errc::proxy_dropped) : error;
}

// Says which name was not found: two may be looked up.
void name_failed(const url& which, std::error_code error, diagnostics& d) {
  d.detail = which.host + ": " + (d.detail.empty() ? error.message() : d.detail);
}

// The error's sentence names the proxy. This adds whether the proxy's name or TLS has failed.
std::error_code unreachable(std::error_code error, const proxy& by, diagnostics& d) {
  if (error == errc::no_tls) {
    d.detail = "the proxy does not speak TLS on this port: use http";
  } else if (d.stage == connect_stage::resolving) {
    name_failed(by.at, error, d);
  } else if (d.stage != connect_stage::connecting && !d.detail.empty()) {
    d.detail = "TLS with the proxy: " + d.detail;
  }
  return error;
}

}  // namespace

asio::awaitable<std::error_code> tcp_transport::dial_by(const proxy& by, const url& to,
                                                        diagnostics& d,
                                                        const transport_settings& settings) {
  d.proxy = by.at.host_and_port();
  std::unique_ptr<proxy_exchange> exchange;
  auto error = co_await make_exchange(by, to, d, settings, exchange);
  if (error) co_return error;
  const auto direct = settings_for_proxy(settings);
  if (by.kind == proxy_kind::https) {
    const auto tls = std::make_shared<proxy_tls>(executor(), direct);
    step_ = tls;
    error = co_await tls->connect(by.at, d);
    tunneled_ = !error;
    if (error) step_.reset();
  } else {
    error = co_await dial(by.at, d, direct);
  }
  if (closed_) co_return asio::error::operation_aborted;
  if (error) co_return unreachable(error, by, d);
  d.stage = connect_stage::proxy;
  error = co_await ask_proxy(*exchange, d);
  co_return closed_ ? make_error_code(asio::error::operation_aborted) : error;
}

asio::awaitable<std::error_code> tcp_transport::make_exchange(
    const proxy& by, const url& to, diagnostics& d, const transport_settings& settings,
    std::unique_ptr<proxy_exchange>& made) {
  if (by.kind == proxy_kind::http || by.kind == proxy_kind::https) {
    made = make_http_connect(by, to);
    co_return std::error_code();
  }
  socks_destination destination{.port = to.port};
  if (to.host_is_ip) {
    destination.address = asio::ip::make_address(to.host);
  } else if (by.kind == proxy_kind::socks5h) {
    destination.name = to.host;
    if (to.host.size() > max_socks_name) {
      d.detail = "the host is longer than 255 bytes, which SOCKS can't send";
      co_return errc::invalid_url;
    }
  } else {
    endpoints found;
    const auto error = co_await resolve(to, options_of(&settings), found, d);
    if (error) name_failed(to, error, d);
    if (error) co_return error;
    destination.address = found.front().address();
    destination.port = found.front().port();
  }
  made = make_socks5(by, destination);
  co_return std::error_code();
}

asio::awaitable<std::error_code> tcp_transport::ask_proxy(proxy_exchange& exchange,
                                                          diagnostics& d) {
  std::array<std::byte, 1024> room;
  while (!exchange.done()) {
    const std::string output = exchange.take_output();
    for (bytes_view left = as_bytes(output); !left.empty();) {
      const io_result put = write_some(left);
      left = left.subspan(put.bytes);
      if (put.error && !would_block(put.error)) co_return dropped(put.error);
      if (left.empty()) break;
      if (const auto failed = co_await ready(io_direction::write)) co_return failed;
    }
    const io_result got = read_some(room);
    if (would_block(got.error)) {
      if (const auto failed = co_await ready(io_direction::read)) co_return failed;
      continue;
    }
    if (got.error) {
      const auto error = dropped(got.error);
      d.detail = error == errc::proxy_dropped ? exchange.describe_end() : error_detail();
      co_return error;
    }
    if (const auto failed = exchange.feed(bytes_view(room).first(got.bytes), d.detail))
      co_return failed;
  }
  co_return std::error_code();
}

}  // namespace wsx
