#include "../behavior/operations/completion_tokens.hpp"

#include <wsx/detail/completion.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

using behavior_test::allocate_from;
using behavior_test::counted_memory;
using wsx::detail::completion;

// Idle clients hold some.
static_assert(sizeof(completion<int>) == sizeof(void*));

struct loops {
  asio::io_context own;
  asio::io_context others;
  std::vector<int> told;

  auto note() {
    return [this](int value) { told.push_back(value); };
  }
  completion<int> plain() { return {note(), wsx::strand(own.get_executor())}; }

  static void poll(asio::io_context& io) {
    io.restart();
    io.poll();
  }
};

}  // namespace

TEST_SUITE("client/completion") {
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
                         wsx::strand(l.own.get_executor()));
    done(1);
    loops::poll(l.own);
    CHECK(l.told.empty());
    loops::poll(l.others);
    CHECK(l.told == std::vector{1});
  }

  TEST_CASE("waiting keeps that executor at work, and no longer") {
    loops l;
    {
      completion<int> done(asio::bind_executor(l.others.get_executor(), l.note()),
                           wsx::strand(l.own.get_executor()));
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
                                    wsx::strand(l.own.get_executor()));
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
                                          wsx::strand(l.own.get_executor()));
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
                         wsx::strand(l.own.get_executor()));
    done(1);
    CHECK(signal.slot().has_handler());
    loops::poll(l.own);
    CHECK(l.told == std::vector{1});
    signal.emit(asio::cancellation_type::terminal);
    CHECK(canceled == 0);
  }

  TEST_CASE("the handler's allocator has its memory back when the handler is called") {
    loops l;
    counted_memory memory;
    auto note = [&](int value) {
      CHECK(memory.blocks == 0);
      l.told.push_back(value);
    };
    completion<int> done(allocate_from(memory, note), wsx::strand(l.own.get_executor()));
    CHECK(memory.blocks == 1);
    auto moved = std::move(done);
    CHECK(memory.blocks == 1);
    moved(1);
    CHECK(memory.blocks == 1);
    CHECK(memory.allocated == 2);
    loops::poll(l.own);
    CHECK(l.told == std::vector{1});
    CHECK(memory.blocks == 0);
  }

  TEST_CASE("the handler's allocator has what else is posted for it") {
    loops l;
    counted_memory memory;
    const wsx::strand strand(l.own.get_executor());
    completion<int> done(allocate_from(memory, l.note()), strand);
    auto* const of_done = done.memory();
    REQUIRE(of_done != nullptr);
    auto start = [done = std::move(done)]() mutable { done(1); };
    wsx::detail::post_on(strand, std::move(start), of_done);
    CHECK(memory.blocks == 2);
    loops::poll(l.own);
    CHECK(l.told == std::vector{1});
    CHECK(memory.blocks == 0);
    CHECK(memory.allocated == 3);
    CHECK(l.plain().memory() == nullptr);  // Asio recycles memory then
  }

  TEST_CASE("a handler that owns what its allocator allocates from goes last") {
    struct owner {
      using allocator_type = counted_memory::allocator<std::byte>;

      allocator_type get_allocator() const noexcept { return allocator_type(*memory); }
      void operator()(int) const { CHECK(memory->blocks == 0); }

      std::shared_ptr<counted_memory> memory;
    };
    for (const int way : {0, 1, 2, 3}) {
      CAPTURE(way);
      // What ends last tells how much was still held.
      int left = -1;
      const auto at_end = [&](counted_memory* m) {
        left = m->blocks;
        delete m;
      };
      std::optional<asio::io_context> io(std::in_place);
      std::optional<wsx::strand> strand(io->get_executor());
      completion<int> done(owner{{new counted_memory, at_end}}, *strand);
      auto* const memory = done.memory();
      if (way == 0) done(1);
      if (way == 1) done.complete_immediately(1);
      if (way == 2) {
        auto never = [d = std::move(done)] { CHECK(!d); };
        wsx::detail::post_on(*strand, std::move(never), memory);
      }
      done = {};
      CHECK(left == (way == 3 ? 0 : -1));
      if (way != 2) loops::poll(*io);
      strand.reset();
      io.reset();  // what was posted to it is never called
      CHECK(left == 0);
    }
  }

  TEST_CASE("at initiation: called once, never within the call unless an executor says so") {
    loops l;
    auto done = l.plain();
    done.complete_immediately(1);
    CHECK(!done);
    CHECK(l.told.empty());
    done.complete_immediately(2);
    loops::poll(l.own);
    CHECK(l.told == std::vector{1});
    completion<int> there(asio::bind_executor(l.others.get_executor(), l.note()),
                          wsx::strand(l.own.get_executor()));
    there.complete_immediately(3);
    loops::poll(l.own);
    CHECK(l.told == std::vector{1});
    loops::poll(l.others);
    CHECK(l.told == std::vector{1, 3});
  }
}
