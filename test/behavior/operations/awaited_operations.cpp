#include "completion_tokens.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/multiple_exceptions.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <exception>
#include <tuple>
#include <variant>

// Each operation as a coroutine awaits it.

namespace {

using namespace behavior_test;

std::error_code error_of(std::exception_ptr what) {
  try {
    if (what) std::rethrow_exception(what);
  } catch (const std::system_error& e) {
    return e.code();
  } catch (const asio::multiple_exceptions& e) {  // of `&&`: the other was canceled
    return error_of(e.first_exception());
  }
  return {};
}

// A coroutine: whether it is through, and with what it failed.
struct waiting {
  asio::cancellation_signal signal;
  int calls = 0;
  std::error_code error;

  template <class T>
  waiting(operation_fixture& f, asio::awaitable<T> coroutine) {
    auto ended = [this](std::exception_ptr what, const auto&...) {
      ++calls;
      error = error_of(what);
    };
    asio::co_spawn(f.io, std::move(coroutine),
                   asio::bind_cancellation_slot(signal.slot(), std::move(ended)));
    poll(f.io);
  }

  bool ok() const { return calls == 1 && !error; }
  template <class Error>
  bool failed(Error with) const {
    return calls == 1 && error == with;
  }
};

template <class Operation>
concept has_default_token = requires(operation_fixture& f) {
  Operation::start(f);
};

template <class Operation>
asio::awaitable<void> note_tuple(operation_fixture* f, std::error_code* error) {
  auto pending = Operation::start(*f, as_tuple(asio::use_awaitable));
  const auto result = co_await std::move(pending);
  *error = std::get<0>(result);
}

asio::awaitable<void> wait_until(asio::steady_timer::time_point when) {
  asio::steady_timer timer(co_await asio::this_coro::executor, when);
  co_await timer.async_wait(asio::use_awaitable);
}

constexpr auto at_once = asio::steady_timer::time_point::min();
constexpr auto never = asio::steady_timer::time_point::max();

// Which of the two was first.
template <class Operation>
asio::awaitable<void> either(operation_fixture* f, asio::steady_timer::time_point when,
                             std::size_t* first) {
  using namespace asio::experimental::awaitable_operators;
  auto operation = Operation::start(*f, asio::use_awaitable);
  auto pending = std::move(operation) || wait_until(when);
  const auto result = co_await std::move(pending);
  *first = result.index();
}

template <class Operation>
asio::awaitable<void> both(operation_fixture* f, asio::steady_timer::time_point when) {
  using namespace asio::experimental::awaitable_operators;
  auto operation = Operation::start(*f, asio::use_awaitable);
  auto pending = std::move(operation) && wait_until(when);
  co_await std::move(pending);
}

#if defined(WSX_HAS_CANCEL_AFTER)
template <class Operation>
asio::awaitable<void> no_longer_than(operation_fixture* f, std::chrono::milliseconds time) {
  auto pending = Operation::start(*f, asio::cancel_after(time, asio::use_awaitable));
  co_await std::move(pending);
}
#endif

}  // namespace

TEST_SUITE("behavior/operations/awaited_operations") {
  TEST_CASE("use_awaitable, and without a token") {
    for_each_operation([]<class Operation>(operation_fixture& f, Operation operation) {
      waiting one(f, operation.start(f, asio::use_awaitable));
      CHECK(one.calls == 0);
      complete(f, operation);
      CHECK(one.ok());
    });
    for_each_operation([]<class Operation>(operation_fixture& f, Operation operation) {
      if constexpr (has_default_token<Operation>) {
        waiting one(f, operation.start(f));
        CHECK(one.calls == 0);
        complete(f, operation);
        CHECK(one.ok());
      }
    });
  }

  TEST_CASE("errors are thrown") {
    for_each_operation([]<class Operation>(operation_fixture& f, Operation operation) {
      waiting one(f, operation.start(f, asio::use_awaitable));
      f.client->abort();
      poll(f.io);
      CHECK(one.failed(wsx::condition::not_connected));
    });
  }

  TEST_CASE("as_tuple: errors as values") {
    for_each_operation([]<class Operation>(operation_fixture& f, Operation operation) {
      std::error_code error = wsx::errc::aborted;
      waiting one(f, note_tuple<Operation>(&f, &error));
      complete(f, operation);
      CHECK(one.ok());
      CHECK(!error);
    });
    for_each_operation([]<class Operation>(operation_fixture& f, Operation) {
      std::error_code error;
      waiting one(f, note_tuple<Operation>(&f, &error));
      f.client->abort();
      poll(f.io);
      CHECK(one.ok());
      CHECK(error == wsx::condition::not_connected);
    });
  }

  TEST_CASE("a coroutine that is canceled: each type ends the waiting") {
    using asio::cancellation_type;
    // Coroutines react to `terminal` unless they say otherwise.
    for_each_operation([]<class Operation>(operation_fixture& f, Operation operation) {
      waiting one(f, operation.start(f, asio::use_awaitable));
      one.signal.emit(cancellation_type::terminal);
      poll(f.io);
      CHECK(one.failed(asio::error::operation_aborted));
    });
  }

  TEST_CASE("a || b: the first ends, and cancels the other") {
    for_each_operation([]<class Operation>(operation_fixture& f, Operation operation) {
      std::size_t first = 2;
      waiting one(f, either<Operation>(&f, never, &first));
      CHECK(one.calls == 0);
      complete(f, operation);
      CHECK(one.ok());
      CHECK(first == 0);
    });
    for_each_operation([]<class Operation>(operation_fixture& f, Operation) {
      std::size_t first = 2;
      waiting one(f, either<Operation>(&f, at_once, &first));
      poll(f.io);
      CHECK(one.ok());
      CHECK(first == 1);
    });
  }

  TEST_CASE("a && b: waits for both; the first that fails cancels the other") {
    for_each_operation([]<class Operation>(operation_fixture& f, Operation operation) {
      waiting one(f, both<Operation>(&f, at_once));
      CHECK(one.calls == 0);
      complete(f, operation);
      CHECK(one.ok());
    });
    for_each_operation([]<class Operation>(operation_fixture& f, Operation) {
      waiting one(f, both<Operation>(&f, never));
      f.client->abort();
      poll(f.io);
      CHECK(one.failed(wsx::condition::not_connected));
    });
  }

#if defined(WSX_HAS_CANCEL_AFTER)
  TEST_CASE("cancel_after: canceled if it takes too long, and only then") {
    for_each_operation([]<class Operation>(operation_fixture& f, Operation) {
      waiting one(f, no_longer_than<Operation>(&f, std::chrono::milliseconds(0)));
      CHECK(run_until(f.io, [&] { return one.calls > 0; }));
      CHECK(one.failed(asio::error::operation_aborted));
    });
    for_each_operation([]<class Operation>(operation_fixture& f, Operation operation) {
      waiting one(f, no_longer_than<Operation>(&f, std::chrono::hours(1)));
      complete(f, operation);
      CHECK(one.ok());
    });
  }
#endif
}
