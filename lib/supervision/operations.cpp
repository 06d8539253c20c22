#include "../protocol/display.hpp"

#include <wsx/child_spec.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/detail/supervision_ref.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/supervisor.hpp>
#include <wsx/system_error.hpp>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

// The operations without a completion token: awaitables that throw what is known about a failure.
// See lib/client/operations.cpp.

namespace wsx::detail {

namespace {

using done_type = completion<std::error_code>;

// Calls `start` with the supervisor, the ticket, the diagnostics to fill and the completion.
template <class Start>
asio::awaitable<void> co_do(supervision_ref s, Start start) {
  std::error_code error;
  diagnostics details;
  auto begin = [start = std::move(start), &details](const supervision_ref& on, ticket t,
                                                    done_type done) mutable {
    start(on, t, &details, std::move(done));
  };
  auto through = start_operation<std::error_code>(
      s, asio::redirect_error(asio::use_awaitable, error), std::move(begin));
  co_await std::move(through);
  if (error) throw system_error(error, std::move(details));
}

template <class Answer, class Ask>
asio::awaitable<Answer> co_answer(supervision_ref s, Ask ask) {
  auto begin = [ask](const supervision_ref& on, ticket, completion<Answer> done) {
    (on.*ask)(std::move(done));
  };
  auto answered = start_operation<Answer>(s, asio::use_awaitable, begin);
  co_return co_await std::move(answered);
}

}  // namespace

asio::awaitable<void> co_start(supervision_ref s) {
  auto start = [](const supervision_ref& on, ticket t, diagnostics* details, done_type done) {
    on.start(t, details, std::move(done));
  };
  return co_do(std::move(s), start);
}

namespace {

// `of` is the child's spec or name.
template <class Child>
asio::awaitable<void> ask_for(supervision_ref s, supervision_ref::request what, Child of) {
  auto start = [what, of = std::move(of)](const supervision_ref& on, ticket t, diagnostics* details,
                                          done_type done) mutable {
    on.ask(t, what, std::move(of), details, std::move(done));
  };
  return co_do(std::move(s), std::move(start));
}

}  // namespace

asio::awaitable<void> co_ask(supervision_ref s, supervision_ref::request what, child_spec spec) {
  return ask_for(std::move(s), what, std::move(spec));
}

asio::awaitable<void> co_ask(supervision_ref s, supervision_ref::request what, std::string name) {
  return ask_for(std::move(s), what, std::move(name));
}

asio::awaitable<child_spec> co_get_childspec(supervision_ref s, std::string name) {
  std::error_code error;
  auto begin = [name](const supervision_ref& on, ticket,
                      completion<std::error_code, std::optional<child_spec>> done) {
    on.get_childspec(name, std::move(done));
  };
  auto asked = start_operation<std::error_code, std::optional<child_spec>>(
      s, asio::redirect_error(asio::use_awaitable, error), std::move(begin));
  auto found = co_await std::move(asked);
  if (!error) co_return *std::move(found);
  diagnostics details;
  details.message =
      fmt::format("cannot get the spec of child {}: {}", protocol::quote(name), error.message());
  throw system_error(error, std::move(details));
}

asio::awaitable<void> co_stop(supervision_ref s) {
  auto start = [](const supervision_ref& on, ticket t, diagnostics*, done_type done) {
    on.stop(t, std::move(done));
  };
  return co_do(std::move(s), start);
}

asio::awaitable<void> co_join(supervision_ref s) {
  auto start = [](const supervision_ref& on, ticket t, diagnostics*, done_type done) {
    on.join(t, std::move(done));
  };
  return co_do(std::move(s), start);
}

asio::awaitable<std::vector<child_info>> co_which_children(supervision_ref s) {
  return co_answer<std::vector<child_info>>(std::move(s), &supervision_ref::which_children);
}

asio::awaitable<child_counts> co_count_children(supervision_ref s) {
  return co_answer<child_counts>(std::move(s), &supervision_ref::count_children);
}

asio::awaitable<std::string> co_tree(supervision_ref s) {
  return co_answer<std::string>(std::move(s), &supervision_ref::tree);
}

}  // namespace wsx::detail
