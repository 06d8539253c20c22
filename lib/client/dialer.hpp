#pragma once

#include "async_event.hpp"
#include "connect_turn.hpp"
#include "deadline.hpp"
#include "dialed.hpp"
#include "preparation.hpp"
#include "strand_listener.hpp"

#include <wsx/detail/any_stream.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/handshake.hpp>
#include <wsx/protocol/http_head.hpp>
#include <wsx/request.hpp>
#include <wsx/transport/transport.hpp>

#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

namespace wsx::detail {

// One attempt to open a connection: it checks the request, connects the transport, and exchanges
// the opening handshake. RFC 6455 4.1.
class dialer {
 public:
  // The options, the target, `time` and `transports` outlive it. `attempt` is for
  // `dial_options::prepare`. `transports` counts the client's transports: their numbers distinguish
  // their readiness.
  dialer(const options& o, const request& target, std::size_t attempt, deadline& time,
         std::uint32_t& transports)
      : options_(o),
        target_(&target),
        attempt_(attempt),
        deadline_(time),
        transports_(transports) {}
  ~dialer() {
    if (preparation_) preparation_->forget();
    if (turn_) turn_->leave();
  }
  dialer(const dialer&) = delete;
  dialer& operator=(const dialer&) = delete;

  // Opens the connection on `who`'s strand. `who` receives readiness and deadlines, and passes them
  // on.
  asio::awaitable<std::error_code> open(std::shared_ptr<strand_listener> who, stream_factory make,
                                        std::shared_ptr<transport_settings> settings);

  // The slot for the coroutine `open`.
  asio::cancellation_slot slot() noexcept { return interrupt_.slot(); }

  // Makes the attempt end soon, with `error`.
  void interrupt(std::error_code error);

  // The deadline of the current step has passed.
  void time_out();

  // A transport with this number is ready.
  void on_ready(io_direction direction, std::uint32_t number);

  // No handler will be called any more.
  void drop() noexcept { ready_.drop(); }

  // Returns how the attempt has ended; nothing while it is in progress.
  const std::optional<std::error_code>& result() const noexcept { return result_; }
  // `what`: the exception of `open`.
  void ended(std::error_code error, const std::exception_ptr& what) noexcept;

  // Returns the URL, as `dial_options::prepare` left it.
  std::string_view url() const noexcept { return target_->url; }

  // Takes the connection, after success.
  dialed take() noexcept { return std::move(opened_); }

  // Ends the connection of a failed attempt: in order, unless it was interrupted.
  void shut_down() noexcept;

  // Returns the details of a failure.
  wsx::diagnostics& diagnostics() noexcept { return diagnostics_; }

 private:
  using listener = const std::shared_ptr<strand_listener>&;

  std::string_view url_to_use() const noexcept;
  asio::awaitable<std::error_code> wait_for_turn(listener who);
  void begin_deadlines(listener who);
  void set_deadline(std::chrono::milliseconds time, listener who);
  asio::awaitable<std::error_code> prepare(listener who);
  std::error_code adopt(const wsx::url& to, connected_socket& socket);
  std::error_code check(protocol::upgrade_request& ask);
  asio::awaitable<std::error_code> connect(const wsx::url& to, listener who, stream_factory make,
                                           std::shared_ptr<transport_settings> settings,
                                           std::unique_ptr<connected_socket>& adopted);
  asio::awaitable<std::error_code> exchange(protocol::upgrade_request& ask, listener who);
  asio::awaitable<std::error_code> send_request(std::string_view request, listener who);
  asio::awaitable<std::error_code> read_head(protocol::http_head_parser& parser, listener who);
  std::error_code read_some_head(protocol::http_head_parser& parser);
  std::error_code follow(const protocol::http_head& head, protocol::upgrade_request& ask);
  void keep_refusal(const protocol::http_head& head);
  std::error_code accept_response(protocol::http_head& head, const protocol::upgrade_request& ask,
                                  std::string_view key);
  asio::awaitable<void> read_refusal_body(const protocol::http_head& head, listener who);
  asio::awaitable<void> wait(io_direction direction, listener who);

  const options& options_;
  const request* target_;
  std::size_t attempt_;
  std::shared_ptr<connect_turn> turn_{};        // in the budget, if there is one
  std::shared_ptr<preparation> preparation_{};  // has the target, if there is one
  deadline& deadline_;
  deadline::time_point last_deadline_{};  // of all steps, redirects included
  std::uint32_t& transports_;
  dialed opened_{};
  wsx::diagnostics diagnostics_{};
  std::error_code interrupted_{};
  std::optional<std::error_code> result_{};
  async_event ready_;
  asio::cancellation_signal interrupt_{};
  bool waits_[2] = {false, false};  // by io_direction
  bool connecting_ = true;          // the transport is connecting
  bool redirected_ = false;         // by the last response
};

}  // namespace wsx::detail
