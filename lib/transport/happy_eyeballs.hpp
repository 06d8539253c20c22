#pragma once

#include <wsx/config.hpp>

#include "attempt_schedule.hpp"
#include "dial_step.hpp"

#include <wsx/dial_options.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace wsx {

/// Connects to the first of several addresses that lets it: Happy Eyeballs, RFC 8305 5. Attempts
/// that are not needed any more are closed. It is used on a strand; its sockets are on the strand's
/// inner executor, as those of `tcp_transport`.
class happy_eyeballs final : public dial_step, public std::enable_shared_from_this<happy_eyeballs> {
 public:
  using endpoint = asio::ip::tcp::endpoint;

  /// `inner` is the strand's inner executor. The options must live as long as `connect` runs.
  happy_eyeballs(const asio::any_io_executor& inner, std::vector<endpoint> to,
                 const dial_options& how);

  /// Connects. Returns the error of the last address if all have failed.
  asio::awaitable<std::error_code> connect();

  /// After success: the connected socket.
  asio::ip::tcp::socket take() { return std::move(attempts_[*winner_].socket); }

  /// Closes all sockets.
  void cancel() noexcept override;

  /// Returns how many attempts were begun.
  std::size_t begun() const noexcept { return attempts_.size(); }

  /// Returns whether the attempt was begun and has not connected, and its error: `in_progress` if
  /// it had not ended.
  std::error_code error_of(std::size_t attempt) const noexcept { return attempts_[attempt].error; }
  /// Returns the option that could not be set, or nothing.
  std::string_view option_of(std::size_t attempt) const noexcept {
    return attempts_[attempt].option;
  }
  const endpoint& address_of(std::size_t attempt) const noexcept { return to_[attempt]; }

 private:
  struct begun_attempt {
    asio::ip::tcp::socket socket;
    std::error_code error{};
    std::string_view option{};
  };
  struct close_others;

  void begin_what_is_due(const asio::any_io_executor& serial);
  void await(std::size_t attempt, const asio::any_io_executor& serial);
  void ended(std::size_t attempt, std::error_code error);
  void give_up(std::size_t attempt, std::error_code error) noexcept;
  void close_all_but_winner() noexcept;
  std::error_code last_error() const noexcept;

  const std::vector<endpoint> to_;
  const socket_options& options_;
  attempt_schedule schedule_;
  std::vector<begun_attempt>
      attempts_{};  // never grows beyond its capacity: sockets stay where they are
  std::optional<std::size_t> winner_{};
  asio::any_io_executor inner_;
  asio::steady_timer wake_;  // canceled when there is something to do before it is due
  bool canceled_ = false;
};

}  // namespace wsx
