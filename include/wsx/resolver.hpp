#pragma once

#include <wsx/config.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace wsx {

/// Finds the addresses of hosts in place of the system: those of a service registry, of a file, or
/// of a test's server. `make_resolver` makes one of a function; `dial_options::resolver` holds it.
///
/// Each client calls it on its own strand, once per attempt to connect, unless the URL's host is an
/// address. Clients on several threads may call it at the same time. It is kept until the last
/// client with these options, and the last call of it, has ended.
class resolver {
 public:
  using endpoints = std::vector<asio::ip::tcp::endpoint>;

  resolver() = default;
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;
  virtual ~resolver() = default;

  /// Finds the addresses of `host`, the host of the URL. Those in the result are tried in this
  /// order, by the rules of `dial_options::address_timeout`: at most the first 32. Their ports
  /// count, not that of the URL. The opening handshake and TLS still name the host of the URL.
  ///
  /// If it throws a `std::system_error`, its code is the error of the attempt, and its `what()` is
  /// in the diagnostics. After any other exception the error is `errc::internal_failure`.
  ///
  /// It runs within `connect_timeout`. When that has passed, or the client is closed, the operation
  /// that it awaits gets a terminal cancellation. The client does not wait for it any longer.
  virtual asio::awaitable<endpoints> resolve(std::string host, std::uint16_t port) = 0;
};

namespace detail {

template <class Find>
class function_resolver final : public resolver {
 public:
  explicit function_resolver(Find find) : find_(std::move(find)) {}

  asio::awaitable<endpoints> resolve(std::string host, std::uint16_t port) override {
    if constexpr (std::convertible_to<std::invoke_result_t<Find&, std::string, std::uint16_t>,
                                      endpoints>) {
      return found(find_(std::move(host), port));
    } else {
      return find_(std::move(host), port);
    }
  }

 private:
  static asio::awaitable<endpoints> found(endpoints all) { co_return all; }

  Find find_;
};

}  // namespace detail

/// Makes a resolver of a function of a host (`std::string`) and a port (`std::uint16_t`). It
/// returns `resolver::endpoints`, or is a coroutine that does: an
/// `asio::awaitable<resolver::endpoints>`. A plain function must not block, since it holds up the
/// client's thread.
///
///     options.dial.resolver = wsx::make_resolver([](const std::string& host, std::uint16_t port) {
///       const auto* const address = host == "feed.test" ? "127.0.0.1" : "127.0.0.2";
///       return wsx::resolver::endpoints{{asio::ip::make_address(address), port}};
///     });
template <class Find>
std::shared_ptr<resolver> make_resolver(Find find) {
  return std::make_shared<detail::function_resolver<Find>>(std::move(find));
}

}  // namespace wsx
