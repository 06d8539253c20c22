#include "completion_tokens.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/detached.hpp>
#include <asio/use_future.hpp>

#include <future>
#include <type_traits>

#if __has_include(<asio/bind_immediate_executor.hpp>)
#include <asio/bind_immediate_executor.hpp>
#include <asio/system_executor.hpp>
#define WSX_HAS_IMMEDIATE_EXECUTOR
#endif

// Each operation with each kind of completion token that does not need a coroutine: what it
// completes with, where, and with which memory.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

template <class T>
bool ready(std::future<T>& f) {
  return f.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

// What is posted to a promise's executor a thread of Asio's own calls. Gives up after much longer
// than that takes.
template <class T>
bool will_be_ready(std::future<T>& f) {
  return f.wait_for(std::chrono::seconds(30)) == std::future_status::ready;
}

template <class T>
std::error_code error_of(std::future<T>& f) {
  try {
    f.get();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

using client = memory_client<quiet>;
static_assert(
    std::is_same_v<decltype(std::declval<client&>().get_executor()), client::executor_type>);
static_assert(std::is_same_v<decltype(std::declval<wsx::sender&>().get_executor()),
                             wsx::sender::executor_type>);
static_assert(std::is_same_v<decltype(std::declval<wsx::session&>().get_executor()),
                             wsx::session::executor_type>);

}  // namespace

TEST_SUITE("behavior/operations/completion_tokens: each operation") {
  TEST_CASE("a callback: called once, never within the call that starts the operation") {
    for_each_operation([](operation_fixture& f, auto operation) {
      outcome o;
      operation.start(f, told(o));
      CHECK(!o.done());
      poll(f.io);
      CHECK(!o.done());
      complete(f, operation);
      CHECK(o.ok());
    });
  }

  TEST_CASE("bind_executor: called there, and only there") {
    for_each_operation([](operation_fixture& f, auto operation) {
      asio::io_context elsewhere;
      outcome o;
      operation.start(f, asio::bind_executor(elsewhere.get_executor(), told(o)));
      complete(f, operation);
      CHECK(!o.done());
      poll(elsewhere);
      CHECK(o.ok());
    });
  }

  TEST_CASE("an allocator: has all the memory, and has it back when the handler is called") {
    for_each_operation([](operation_fixture& f, auto operation) {
      counted_memory memory;
      outcome o;
      operation.start(f, allocate_from(memory, [&](std::error_code e, const auto&...) {
                        CHECK(memory.blocks == 0);
                        told(o)(e);
                      }));
      CHECK(memory.blocks >= 1);
      poll(f.io);
      CHECK(memory.blocks == 1);  // it waits
      complete(f, operation);
      CHECK(o.ok());
      CHECK(memory.blocks == 0);
      // To wait, to be asked for on the strand, and to be called.
      CHECK(memory.allocated == 3);
    });
  }

  TEST_CASE("an allocator and an executor: what is posted there is in that memory, too") {
    for_each_operation([](operation_fixture& f, auto operation) {
      asio::io_context elsewhere;
      counted_memory memory;
      outcome o;
      operation.start(
          f, asio::bind_executor(elsewhere.get_executor(), allocate_from(memory, told(o))));
      complete(f, operation);
      CHECK(memory.blocks == 1);
      poll(elsewhere);
      CHECK(o.ok());
      CHECK(memory.blocks == 0);
    });
  }

  TEST_CASE("an allocator: has its memory back if the handler is never called") {
    counted_memory memory;
    for_each_operation([&](operation_fixture& f, auto operation) {
      operation.start(f, allocate_from(memory, [](auto&&...) {}));
      f.sender.reset();
      f.client.reset();
    });
    CHECK(memory.blocks == 0);
    CHECK(memory.allocated >= 8);
  }

  TEST_CASE("a slot: each type of cancellation ends the waiting, none does not") {
    using asio::cancellation_type;
    for (const auto type :
         {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
      CAPTURE(static_cast<unsigned>(type));
      for_each_operation([&](operation_fixture& f, auto operation) {
        asio::cancellation_signal signal;
        outcome o;
        operation.start(f, asio::bind_cancellation_slot(signal.slot(), told(o)));
        poll(f.io);
        signal.emit(cancellation_type::none);
        poll(f.io);
        CHECK(!o.done());
        signal.emit(type);
        poll(f.io);
        CHECK(o.failed(asio::error::operation_aborted));
        CHECK(!signal.slot().has_handler());
      });
    }
  }

  TEST_CASE("a slot: of no effect after the operation is through") {
    for_each_operation([](operation_fixture& f, auto operation) {
      asio::cancellation_signal signal;
      outcome o;
      operation.start(f, asio::bind_cancellation_slot(signal.slot(), told(o)));
      complete(f, operation);
      CHECK(o.ok());
      signal.emit(asio::cancellation_type::terminal);
      poll(f.io);
      CHECK(o.calls == 1);
    });
  }

  TEST_CASE("use_future: the result, or the error as an exception") {
    for_each_operation([](operation_fixture& f, auto operation) {
      auto future = operation.start(f, asio::use_future);
      poll(f.io);
      CHECK(!ready(future));
      complete(f, operation);
      REQUIRE(will_be_ready(future));
      CHECK(!error_of(future));
    });
    for_each_operation([](operation_fixture& f, auto operation) {
      auto future = operation.start(f, asio::use_future);
      f.client->abort();
      poll(f.io);
      REQUIRE(will_be_ready(future));
      CHECK(error_of(future) == wsx::condition::not_connected);
    });
  }

  TEST_CASE("detached: it happens, and nobody is told") {
    for_each_operation([](operation_fixture& f, auto operation) {
      operation.start(f, asio::detached);
      complete(f, operation);
    });
  }

  TEST_CASE("deferred: begins when it is told to") {
    for_each_operation([](operation_fixture& f, auto operation) {
      outcome o;
      auto later = operation.start(f, deferred);
      auto never = operation.start(f, deferred);
      poll(f.io);
      CHECK(f.server.accepted() == (f.peer ? 1 : 0));
      std::move(later)(told(o));
      CHECK(!o.done());
      complete(f, operation);
      CHECK(o.ok());
    });
  }

#if defined(WSX_HAS_CANCEL_AFTER)
  TEST_CASE("cancel_after: canceled if it takes too long, and only then") {
    for_each_operation([](operation_fixture& f, auto operation) {
      outcome o;
      operation.start(f, asio::cancel_after(std::chrono::milliseconds(0), told(o)));
      CHECK(run_until(f.io, [&] { return o.done(); }));
      CHECK(o.failed(asio::error::operation_aborted));
    });
    for_each_operation([](operation_fixture& f, auto operation) {
      outcome o;
      operation.start(f, asio::cancel_after(std::chrono::hours(1), told(o)));
      complete(f, operation);
      CHECK(o.ok());
    });
  }
#endif
}

// A send that is queued, and a mistake that is seen at once: nothing waits.
TEST_SUITE("behavior/operations/completion_tokens: completion at initiation") {
  TEST_CASE("called once, and by default not within the call") {
    operation_fixture f;
    f.open();
    outcome sent, misused, again;
    f.client->send(wsx::text{"a"}, told(sent));
    f.client->close(wsx::close_code{1005}, "", told(misused));
    f.client->send(wsx::text{"\xff"}, told(again));
    CHECK(!sent.done());
    CHECK(!misused.done());
    CHECK(!again.done());
    poll(f.io);
    CHECK(sent.ok());
    CHECK(misused.failed(wsx::errc::invalid_close_code));
    CHECK(again.failed(wsx::errc::invalid_text));
    CHECK(frames_of(*f.peer) == lines{"text \"a\""});
  }

  TEST_CASE("on the executor that is bound") {
    operation_fixture f;
    f.open();
    asio::io_context elsewhere;
    outcome sent, misused;
    const auto there = elsewhere.get_executor();
    f.client->send(wsx::text{"a"}, asio::bind_executor(there, told(sent)));
    f.client->close(wsx::close_code{1005}, "", asio::bind_executor(there, told(misused)));
    poll(f.io);
    CHECK(!sent.done());
    CHECK(!misused.done());
    poll(elsewhere);
    CHECK(sent.ok());
    CHECK(misused.failed(wsx::errc::invalid_close_code));
  }

  TEST_CASE("a send that is queued takes no more memory than to be called") {
    operation_fixture f;
    f.open();
    counted_memory memory;
    outcome sent;
    f.client->send(wsx::text{"a"}, allocate_from(memory, told(sent)));
    CHECK(memory.allocated == 1);
    poll(f.io);
    CHECK(sent.ok());
    CHECK(memory.blocks == 0);
    CHECK(memory.allocated == 1);
  }

#if defined(WSX_HAS_IMMEDIATE_EXECUTOR)
  TEST_CASE("an immediate executor that calls at once: within the call") {
    operation_fixture f;
    f.open();
    counted_memory memory;
    outcome sent, misused, refused;
    const auto at_once = [&](outcome& o) {
      return asio::bind_immediate_executor(asio::system_executor(), allocate_from(memory, told(o)));
    };
    f.client->send(wsx::text{"a"}, at_once(sent));
    CHECK(sent.ok());
    CHECK(memory.allocated == 0);
    f.client->send(wsx::text{"\xff"}, at_once(refused));
    CHECK(refused.failed(wsx::errc::invalid_text));
    f.client->close(wsx::close_code{1005}, "", at_once(misused));
    CHECK(misused.failed(wsx::errc::invalid_close_code));
    CHECK(memory.blocks == 0);
    poll(f.io);
    CHECK(sent.calls + refused.calls + misused.calls == 3);
  }

  TEST_CASE("an immediate executor and one that is bound: on that") {
    operation_fixture f;
    f.open();
    asio::io_context elsewhere;
    outcome sent;
    f.client->send(wsx::text{"a"}, asio::bind_executor(elsewhere.get_executor(),
                                                       asio::bind_immediate_executor(
                                                           asio::system_executor(), told(sent))));
    CHECK(!sent.done());
    poll(elsewhere);
    CHECK(sent.ok());
  }

  TEST_CASE("an immediate executor is for nothing else") {
    for_each_operation([](operation_fixture& f, auto operation) {
      outcome o;
      operation.start(f, asio::bind_immediate_executor(asio::system_executor(), told(o)));
      CHECK(!o.done());
      complete(f, operation);
      CHECK(o.ok());
    });
  }
#endif
}
