#include <wsx/detail/completion.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <utility>
#include <vector>

namespace {

using wsx::detail::completion;

struct loops {
  asio::io_context own;
  asio::io_context others;
  std::vector<int> told;

  auto note() {
    return [this](int value) { told.push_back(value); };
  }
  completion<int> plain() { return {note(), own.get_executor()}; }

  static void poll(asio::io_context& io) {
    io.restart();
    io.poll();
  }
};

}  // namespace

TEST_SUITE("completion") {
  TEST_CASE("completes once, and never within the call") {
    loops l;
    auto done = l.plain();
    CHECK(done);
    done(1);
    CHECK(!done);
    CHECK(l.told.empty());
    done(2);
    loops::poll(l.own);
    CHECK(l.told == std::vector{1});
  }

  TEST_CASE("not even if the executor is the one that runs") {
    loops l;
    asio::post(l.own, [&] {
      auto done = l.plain();
      done(1);
      CHECK(l.told.empty());
    });
    loops::poll(l.own);
    CHECK(l.told == std::vector{1});
  }

  TEST_CASE("completes on the handler's executor, if it has one") {
    loops l;
    completion<int> done(asio::bind_executor(l.others.get_executor(), l.note()),
                         l.own.get_executor());
    done(1);
    loops::poll(l.own);
    CHECK(l.told.empty());
    loops::poll(l.others);
    CHECK(l.told == std::vector{1});
  }

  TEST_CASE("whoever waits keeps that executor at work, and no longer") {
    loops l;
    {
      completion<int> done(asio::bind_executor(l.others.get_executor(), l.note()),
                           l.own.get_executor());
      loops::poll(l.others);
      CHECK(!l.others.stopped());
      loops::poll(l.own);
      CHECK(l.own.stopped());
      done(1);
      loops::poll(l.others);
      CHECK(l.others.stopped());
    }
    auto dropped = l.plain();
    loops::poll(l.own);
    CHECK(!l.own.stopped());
    dropped = {};
    loops::poll(l.own);
    CHECK(l.own.stopped());
    CHECK(l.told == std::vector{1});
  }

  TEST_CASE("dropped, it is destroyed and not called") {
    loops l;
    auto guard = std::make_shared<int>();
    const std::weak_ptr<int> alive = guard;
    {
      const completion<int> dropped([guard = std::move(guard)](int) { CHECK(false); },
                                    l.own.get_executor());
      CHECK(!alive.expired());
    }
    CHECK(alive.expired());
    loops::poll(l.own);
  }

  TEST_CASE("an empty one does nothing") {
    completion<int> none;
    CHECK(!none);
    none(1);
  }

  TEST_CASE("handlers and arguments that can only be moved") {
    loops l;
    int seen = 0;
    completion<std::unique_ptr<int>> done([&seen, own = std::make_unique<int>(2)](
                                              std::unique_ptr<int> value) { seen = *own * *value; },
                                          l.own.get_executor());
    auto moved = std::move(done);
    moved(std::make_unique<int>(21));
    loops::poll(l.own);
    CHECK(seen == 42);
  }

  TEST_CASE("the cancellation slot is free again when the handler runs") {
    loops l;
    asio::cancellation_signal signal;
    int canceled = 0;
    signal.slot().assign([&](asio::cancellation_type) { ++canceled; });
    completion<int> done(asio::bind_cancellation_slot(signal.slot(),
                                                      [&](int) {
                                                        CHECK(!signal.slot().has_handler());
                                                        l.told.push_back(1);
                                                      }),
                         l.own.get_executor());
    done(1);
    CHECK(signal.slot().has_handler());
    loops::poll(l.own);
    CHECK(l.told == std::vector{1});
    signal.emit(asio::cancellation_type::terminal);
    CHECK(canceled == 0);
  }
}
