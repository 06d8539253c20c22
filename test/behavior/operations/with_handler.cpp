#include "../lifetime/gated_life.hpp"

#include <wsx/testing/server_frame.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>

// with_handler: the owner of a client looks at its handler, and changes it.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using namespace std::chrono_literals;

std::error_code code_of(const std::exception_ptr& what) {
  try {
    if (what) std::rethrow_exception(what);
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

// An access that logs when it is made.
struct look {
  template <class Fixture>
  explicit look(Fixture& f) {
    f.client->with_handler(
        [](auto& handler) {
          handler.log.push_back("access");
          return ++handler.number;
        },
        asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr what, int n) {
          ++calls;
          error = code_of(what);
          number = n;
        }));
    poll(f.io);
  }

  bool ok() const { return calls == 1 && !error; }

  asio::cancellation_signal signal{};
  int calls = 0;
  int number = 0;
  std::error_code error{};
};

struct no_default {
  explicit no_default(int n) : number(std::make_unique<int>(n)) {}
  std::unique_ptr<int> number;
};

asio::awaitable<void> use_results(client_fixture<plain_life>& f, int& number, bool& set) {
  auto got = f.client->with_handler([](plain_life& h) { return no_default(h.number + 7); });
  const no_default result = co_await std::move(got);
  number = *result.number;
  auto owned = std::make_unique<int>(42);
  auto replaced = f.client->with_handler(
      [owned = std::move(owned)](plain_life& h) mutable { h.number = *owned; });
  co_await std::move(replaced);
  auto read = f.client->with_handler([](const plain_life& h) { return h.number; });
  set = co_await std::move(read) == 42;
}

asio::awaitable<void> meet_exceptions(client_fixture<plain_life>& f, std::string& said) {
  try {
    auto call = f.client->with_handler([](plain_life&) { throw std::out_of_range("no such"); });
    co_await std::move(call);
  } catch (const std::out_of_range& e) {
    said = e.what();
  }
  try {
    auto call = f.client->with_handler(
        [](plain_life&) -> no_default { throw std::out_of_range(" price"); });
    co_await std::move(call);
  } catch (const std::out_of_range& e) {
    said += e.what();
  }
}

asio::awaitable<void> use_any_handler(client_fixture<wsx::any_handler>& f, std::string& version,
                                      std::error_code& error) {
  auto set = f.client->with_handler<plain_life>([](plain_life& h) { h.number = 5; });
  co_await std::move(set);
  auto any = f.client->with_handler([](wsx::any_handler& h) {
    return std::to_string(h.get_if<plain_life>()->number) + std::string(h.version());
  });
  version = co_await std::move(any);
  try {
    auto wrong = f.client->with_handler<gated_life>([](gated_life& h) { return h.number; });
    co_await std::move(wrong);
  } catch (const wsx::system_error& e) {
    error = e.code();
  }
}

}  // namespace

TEST_SUITE("behavior/operations/with_handler") {
  TEST_CASE_TEMPLATE("in each phase: between callbacks", Fixture, gated_fixture,
                     client_fixture<plain_life>) {
    Fixture f;
    CHECK(look(f).ok());
    CHECK(take_log(f) == lines{"access"});

    memory_peer peer = f.dial();
    CHECK(look(f).ok());
    CHECK(take_log(f) == lines{"access"});
    peer.accept();
    poll(f.io);
    CHECK(take_log(f) == lines{"init", "connect"});
    CHECK(look(f).ok());
    peer.write(text_frame("a"));
    CHECK(look(f).ok());
    CHECK(take_log(f).size() == 3);

    peer.close();
    poll(f.io);
    CHECK(look(f).ok());
    CHECK(take_log(f) == lines{"disconnect", "access"});
    f.let_pass(10ms);
    memory_peer second = f.next_open();
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(look(f).ok());
    CHECK(take_log(f) == lines{"connect", "access"});
    second.write(close_frame());
    second.close();
    poll(f.io);
    CHECK(closed.ok());
    const look last(f);
    CHECK(last.ok());
    CHECK(last.number == f.handler().number);
    CHECK(take_log(f) == lines{"disconnect", "terminate", "access"});
  }

  TEST_CASE("a callback that waits is waited for") {
    for (const std::string what : {"init", "connect", "cast 1", "a", "note", "disconnect"}) {
      CAPTURE(what);
      gated_fixture f(what);
      memory_peer peer = f.open();
      f.client->cast(1);
      f.client->post(std::string("note"));
      peer.write(text_frame("a"));
      poll(f.io);
      if (what == "disconnect") peer.close();
      poll(f.io);
      CHECK(f.handler().log.back() == what);
      f.take_log();
      look made(f);
      CHECK(made.calls == 0);
      f.open_gate();
      CHECK(made.ok());
      const lines log = f.take_log();
      CHECK(log.front() == what + " ends");
      CHECK(std::ranges::count(log, "access") == 1);
    }
  }

  TEST_CASE("terminate is waited for, and the handler is still there") {
    gated_fixture f("terminate");
    f.open();
    f.client->abort();
    poll(f.io);
    look made(f);
    CHECK(made.calls == 0);
    f.open_gate();
    CHECK(made.ok());
    CHECK(f.take_log() == lines{"init", "connect", "terminate", "terminate ends", "access"});
  }

  TEST_CASE("a callback that goes on after the end is waited for, too") {
    gated_fixture f("cast 1");
    f.handler().stubborn = true;
    f.open();
    f.client->cast(1);
    poll(f.io);
    look made(f);
    f.client->abort();
    f.let_pass(10min);
    CHECK(f.ended.done());
    look later(f);
    CHECK(made.calls + later.calls == 0);
    f.take_log();
    f.open_gate();
    CHECK(made.ok());
    CHECK(later.ok());
    CHECK(f.take_log() == lines{"cast 1 ends", "terminate", "access", "access"});
  }

  TEST_CASE("before connect, many leave nothing behind") {
    client_fixture<plain_life> f;
    for (int i = 0; i < 10; ++i) look made(f);
    f.client->status([](wsx::client_status now) { CHECK(now.mailbox == 0); });
    poll(f.io);
  }

  TEST_CASE("it waits for the callback, and not for the rest of the input") {
    gated_fixture f("a");
    memory_peer peer = f.open();
    for (int n = 0; n < 10; ++n) {  // batches become larger
      peer.write(text_frame("x"));
      poll(f.io);
    }
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    poll(f.io);
    f.take_log();
    look made(f);
    f.open_gate();
    CHECK(f.take_log() == lines{"a ends", "access", "b"});
  }

  TEST_CASE_TEMPLATE("it finds what earlier casts have done, and no later ones", Fixture,
                     gated_fixture, client_fixture<plain_life>) {
    Fixture f;
    f.open();
    take_log(f);
    f.client->cast(1);
    f.client->with_handler([](auto& h) { h.log.push_back("first"); }, asio::detached);
    f.client->cast(2);
    f.client->with_handler([](auto& h) { h.log.push_back("second"); }, asio::detached);
    poll(f.io);
    CHECK(take_log(f) == lines{"cast 1", "first", "cast 2", "second"});
  }

  TEST_CASE("without a connection it does not wait for casts that do") {
    client_fixture<plain_life> f;
    f.dial();
    f.client->cast(1);
    CHECK(look(f).ok());
    CHECK(take_log(f) == lines{"access"});
  }

  TEST_CASE("any movable result, nothing, and a function that can only be moved") {
    client_fixture<plain_life> f;
    int number = 0;
    bool set = false;
    asio::co_spawn(f.io, use_results(f, number, set), asio::detached);
    poll(f.io);
    CHECK(number == 7);
    CHECK(set);
    CHECK(f.handler().number == 42);
  }

  TEST_CASE("an exception is the caller's, and the client lives on") {
    client_fixture<plain_life> f;
    memory_peer peer = f.open();
    std::string said;
    asio::co_spawn(f.io, meet_exceptions(f, said), asio::detached);
    poll(f.io);
    CHECK(said == "no such price");
    CHECK(works(f, peer));
  }

  TEST_CASE("a callback can't await it, but can start it") {
    struct asks {
      memory_client<asks>* client = nullptr;
      lines log{};
      asio::awaitable<void> handle_cast(int) {
        try {
          auto call = client->with_handler([](asks& h) { return h.log.size(); });
          co_await std::move(call);
        } catch (const wsx::system_error& e) {
          CHECK(e.code() == wsx::errc::would_deadlock);
          CHECK(std::string_view(e.what()).starts_with("cannot access the handler: "));
          log.push_back("refused");
        }
        client->with_handler([](asks& h) { h.log.push_back("access"); }, asio::detached);
        log.push_back("ends");
      }
      void handle_frame(wsx::text) {}
    };
    client_fixture<asks> f;
    f.handler().client = &*f.client;
    f.open();
    f.client->cast(1);
    poll(f.io);
    CHECK(f.handler().log == lines{"refused", "ends", "access"});
  }

  TEST_CASE("a cancellation withdraws it before it begins, and has no effect later") {
    gated_fixture f("cast 1");
    f.open();
    f.client->cast(1);
    poll(f.io);
    f.take_log();
    look first(f);
    look second(f);
    first.signal.emit(asio::cancellation_type::total);
    poll(f.io);
    CHECK(first.calls == 1);
    CHECK(first.error == asio::error::operation_aborted);
    CHECK(second.calls == 0);
    f.open_gate();
    CHECK(second.ok());
    CHECK(f.take_log() == lines{"cast 1 ends", "access"});
    second.signal.emit(asio::cancellation_type::total);
    poll(f.io);
    CHECK(second.ok());
  }

  TEST_CASE("the attempt is given up meanwhile: then at once") {
    gated_fixture f("disconnect", calm().set(&wsx::options::handle_first_failure, true));
    asio::cancellation_signal signal;
    f.client->connect(f.server.url(),
                      asio::bind_cancellation_slot(signal.slot(), f.connected.token()));
    poll(f.io);
    f.next().close();
    poll(f.io);
    CHECK(f.take_log() == lines{"disconnect"});
    look made(f);
    CHECK(made.calls == 0);
    signal.emit(asio::cancellation_type::terminal);
    poll(f.io);
    CHECK(f.connected.failed(asio::error::operation_aborted));
    CHECK(made.ok());
    CHECK(f.take_log() == lines{"disconnect ends", "access"});
  }

  TEST_CASE("the client is destroyed: aborted, and the function is not called") {
    for (const bool begun : {true, false}) {
      CAPTURE(begun);
      gated_fixture f("cast 1");
      f.open();
      f.client->cast(1);
      poll(f.io);
      int called = 0;
      std::error_code error;
      f.client->with_handler([&](gated_life&) { ++called; },
                             [&](std::exception_ptr what) { error = code_of(what); });
      if (begun) poll(f.io);
      f.client.reset();
      f.let_pass(10min);
      CHECK(called == 0);
      CHECK(error == wsx::errc::aborted);
      CHECK(run_out(f.io));
    }
  }

  TEST_CASE("the client is destroyed, and its callback goes on: aborted all the same") {
    gated_fixture f("cast 1");
    f.handler().stubborn = true;
    const auto gate = f.handler().gate;
    f.open();
    f.client->cast(1);
    poll(f.io);
    look made(f);
    f.client.reset();
    f.let_pass(10min);
    CHECK(made.calls == 1);
    CHECK(made.error == wsx::errc::aborted);
    gate->cancel();
    CHECK(run_out(f.io));
  }

  TEST_CASE("the function may destroy the client: the handler stays until it returns") {
    for (const int phase : {0, 1, 2, 3}) {
      CAPTURE(phase);
      struct holder {
        std::shared_ptr<int> held = std::make_shared<int>(1);
        void handle_frame(wsx::text) {}
      };
      client_fixture<holder> f;
      const std::weak_ptr<int> held = f.handler().held;
      if (phase == 1) f.dial();
      if (phase >= 2) f.open();
      if (phase == 3) f.client->abort();
      poll(f.io);
      long seen = 0;
      bool completed = false;
      f.client->with_handler(
          [&](holder& h) {
            f.client.reset();
            seen = h.held.use_count();
          },
          [&](std::exception_ptr what) { completed = !what; });
      poll(f.io);
      CHECK(seen == 1);
      CHECK(completed);
      CHECK(held.expired());
      CHECK(run_out(f.io));
    }
  }

  TEST_CASE("the execution context ends: dropped with the others") {
    int calls = 0;
    {
      gated_fixture f("cast 1");
      f.open();
      f.client->cast(1);
      poll(f.io);
      f.client->with_handler([&](gated_life&) { ++calls; }, [&](std::exception_ptr) { ++calls; });
      poll(f.io);
    }
    CHECK(calls == 0);
  }

  TEST_CASE("the handler of a client that can replace it, by its type") {
    client_fixture<wsx::any_handler> f{plain_life{}};
    std::string version = "unset";
    std::error_code error;
    asio::co_spawn(f.io, use_any_handler(f, version, error), asio::detached);
    poll(f.io);
    CHECK(version == "5");
    CHECK(error == wsx::errc::handler_type_differs);
  }

  TEST_CASE("from another thread, while messages arrive and the client ends") {
    for (int i = 0; i < 20; ++i) {
      asio::thread_pool pool(2);
      auto client = std::make_unique<wsx::client<plain_life>>(pool.get_executor());
      for (int n = 0; n < 10; ++n) {
        client->post(std::string("note"));
        client->with_handler([](plain_life& h) { ++h.number; }, asio::detached);
      }
      const int number =
          client->with_handler([](plain_life& h) { return h.number; }, asio::use_future).get();
      CHECK(number == 10);
      client->abort();
      for (int n = 0; n < 10; ++n)
        client->with_handler([](plain_life& h) { ++h.number; }, asio::detached);
      client.reset();  // its handler may be in use
      pool.join();
    }
  }
}
