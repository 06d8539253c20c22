#pragma once

#include <wsx/config.hpp>

#include "dial_step.hpp"

#include <wsx/resolver.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace wsx {

/// What a lookup has found.
struct lookup_result {
  std::error_code error{};
  std::vector<asio::ip::tcp::endpoint> found{};
  std::string detail{};            ///< more about the error; may be empty
  std::exception_ptr exception{};  ///< of a user's resolver, instead of an error
};

/// The addresses of a host are being looked up. It lives on the strand `serial`, and in shared
/// pointers: whoever looks up keeps it until it has finished.
class lookup : public dial_step {
 public:
  explicit lookup(const strand& s) : serial(s), done_(s.get_inner_executor()) {}
  virtual ~lookup() = default;

  /// Starts. Called once, before `wait`.
  virtual void begin() = 0;

  /// Waits until it has finished or is canceled. Returns the result; `operation_aborted` in the
  /// latter case. The caller keeps this object.
  asio::awaitable<lookup_result> wait();

  void cancel() noexcept final;

  /// Takes the result, unless it is too late. On the strand.
  void finish(lookup_result result);

  const strand serial;

 private:
  /// Nobody waits for the result any more. At most once, and not after `finish`.
  virtual void stop() noexcept = 0;

  asio::steady_timer done_;  // canceled at the end
  std::optional<lookup_result> result_{};
  bool canceled_ = false;
};

/// Returns whether `name` is `domain` or a name under it. Letters count in either case, and a dot
/// at the end of `name` does not.
bool is_within_domain(std::string_view name, std::string_view domain) noexcept;

/// Returns what is known of a name without a lookup. RFC 6761 6.3 and 6.4: `localhost` and the
/// names under it are the loopback addresses, those under `invalid` have none. Nothing for other
/// names.
std::optional<lookup_result> look_up_special(std::string_view host, std::uint16_t port);

/// Describes a resolver's error in plain words; empty if its message will do.
std::string describe_lookup(std::error_code error);

/// Makes a lookup by the system's rules.
std::shared_ptr<lookup> make_system_lookup(const strand& s, const std::string& host,
                                           std::uint16_t port);

/// Makes a lookup by a user's resolver.
std::shared_ptr<lookup> make_resolver_lookup(const strand& s, std::shared_ptr<resolver> by,
                                             std::string host, std::uint16_t port);

}  // namespace wsx
