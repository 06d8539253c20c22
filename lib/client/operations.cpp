#include "failure_text.hpp"

#include <wsx/client.hpp>
#include <wsx/error.hpp>
#include <wsx/to_string.hpp>

#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <utility>

// The operations without a completion token: awaitables that throw with the details of a failure.

namespace wsx::detail {

// GCC 12 destroys some temporaries of a co_await expression twice, so every operation is created
// first and awaited then.

namespace {

system_error failed_to(std::string_view what, std::error_code error) {
  wsx::diagnostics details;
  details.message = operation_failure(what, error);
  return system_error(error, std::move(details));
}

}  // namespace

asio::awaitable<void> co_connect(engine_ref e, request target,
                                 std::unique_ptr<connected_socket> socket) {
  std::error_code error;
  wsx::diagnostics details;
  auto start = [target = std::move(target), &details, socket = std::move(socket)](
                   const engine_ref& on, ticket t, completion<std::error_code> done) mutable {
    on.connect(t, std::move(target), &details, std::move(done), std::move(socket));
  };
  auto connected = start_operation<std::error_code>(
      e, asio::redirect_error(asio::use_awaitable, error), std::move(start));
  co_await std::move(connected);
  if (error) throw system_error(error, std::move(details));
}

asio::awaitable<void> co_send(engine_ref e, std::shared_ptr<send_channel> channel,
                              protocol::outgoing_frame frame) {
  const auto refused = e.try_send(*channel, frame);
  if (refused == errc{}) co_return;
  if (refused != errc::queue_full && refused != errc::message_over_queue)
    throw failed_to("send", refused);
  std::error_code error;
  auto start = [channel, frame](const engine_ref& on, ticket t, completion<std::error_code> done) {
    on.send(t, channel, frame, std::move(done));
  };
  auto sent = start_operation<std::error_code>(e, asio::redirect_error(asio::use_awaitable, error),
                                               std::move(start));
  co_await std::move(sent);
  if (error) throw failed_to("send", error);
}

asio::awaitable<void> co_flush(engine_ref e) {
  std::error_code error;
  auto start = [](const engine_ref& on, ticket t, completion<std::error_code> done) {
    on.flush(t, std::move(done));
  };
  auto flushed =
      start_operation<std::error_code>(e, asio::redirect_error(asio::use_awaitable, error), start);
  co_await std::move(flushed);
  if (error) throw failed_to("flush", error);
}

asio::awaitable<client_status> co_status(engine_ref e) {
  if (!e) co_return status_of_nobody();
  auto start = [](const engine_ref& on, ticket, completion<client_status> done) {
    on.status(std::move(done));
  };
  auto asked = start_operation<client_status>(e, asio::use_awaitable, start);
  co_return co_await std::move(asked);
}

asio::awaitable<void> co_suspend(engine_ref e) {
  if (!e) throw failed_to("suspend the client", errc::child_not_found);
  std::error_code error;
  auto start = [](const engine_ref& on, ticket t, completion<std::error_code> done) {
    on.suspend(t, std::move(done));
  };
  auto suspended = start_ending<>(e, asio::redirect_error(asio::use_awaitable, error), start);
  co_await std::move(suspended);
  if (error) throw failed_to("suspend the client", error);
}

asio::awaitable<void> co_resume(engine_ref e) {
  if (!e) throw failed_to("resume the client", errc::child_not_found);
  std::error_code error;
  auto start = [](const engine_ref& on, ticket t, completion<std::error_code> done) {
    on.resume(t, std::move(done));
  };
  auto resumed = start_ending<>(e, asio::redirect_error(asio::use_awaitable, error), start);
  co_await std::move(resumed);
  if (error) throw failed_to("resume the client", error);
}

asio::awaitable<close_reason> co_join(engine_ref e) {
  std::error_code error;
  auto start = [](const engine_ref& on, ticket t, completion<std::error_code, close_reason> done) {
    on.join(t, std::move(done));
  };
  auto ended =
      start_ending<close_reason>(e, asio::redirect_error(asio::use_awaitable, error), start);
  close_reason reason = co_await std::move(ended);
  if (error == errc::would_deadlock) throw failed_to("join", error);
  if (error) throw system_error(error, std::move(reason));
  co_return reason;
}

asio::awaitable<void> co_close(engine_ref e, protocol::close_payload how) {
  const auto doing = how.code ? "close with " + to_string(*how.code) : std::string("close");
  std::error_code error;
  if (how.code) error = protocol::check_close(*how.code, how.reason);
  if (error) throw failed_to(doing, error);
  auto start = [how = std::move(how)](const engine_ref& on, ticket t,
                                      completion<std::error_code> done) mutable {
    on.close(t, std::move(how), std::move(done));
  };
  auto closed =
      start_ending<>(e, asio::redirect_error(asio::use_awaitable, error), std::move(start));
  co_await std::move(closed);
  if (!error) co_return;
  const bool not_closed = error == asio::error::operation_aborted || error == errc::would_deadlock;
  if (not_closed) throw failed_to(doing, error);
  // The reason of the end says more than the error.
  auto joined = co_join(e);
  co_await std::move(joined);
  throw failed_to(doing, error);
}

}  // namespace wsx::detail
