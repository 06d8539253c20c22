#pragma once

#include <wsx/config.hpp>

#include <wsx/client_status.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/export.hpp>

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>

#include <system_error>
#include <utility>

namespace wsx::detail {

// What can be asked of a client by its owner and by those who have found it as a child: named for
// the system messages of Erlang's module sys. `Target` is an `engine_ref` or a `found_child`.

// With no client: a child that was not found.
WSX_API asio::awaitable<client_status> co_status(engine_ref e);
WSX_API asio::awaitable<void> co_suspend(engine_ref e);
WSX_API asio::awaitable<void> co_resume(engine_ref e);

// There is no error to complete with.
inline client_status status_of_nobody() {
  client_status nobody;
  nobody.phase = client_phase::ended;
  return nobody;
}

struct initiate_status : initiate_operation<engine_ref, client_status> {
  using initiate_operation::initiate_operation;

  template <class Handler>
  static void refuse(Handler handler, const strand& fallback, errc) {
    complete_immediately(std::move(handler), fallback, status_of_nobody());
  }
};

template <class Target, class Token>
auto start_status(const Target& target, Token&& token) {
  return asio::async_initiate<Token, void(client_status)>(
      initiate<initiate_status>(target), token,
      [](const engine_ref& e, ticket, completion<client_status> done) {
        e.status(std::move(done));
      });
}

template <class Target, class Token>
auto start_suspend(const Target& target, Token&& token) {
  return start_ending<>(target, std::forward<Token>(token),
                        [](const engine_ref& e, ticket t, completion<std::error_code> done) {
                          e.suspend(t, std::move(done));
                        });
}

template <class Target, class Token>
auto start_resume(const Target& target, Token&& token) {
  return start_ending<>(target, std::forward<Token>(token),
                        [](const engine_ref& e, ticket t, completion<std::error_code> done) {
                          e.resume(t, std::move(done));
                        });
}

}  // namespace wsx::detail
