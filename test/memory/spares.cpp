#include "../../lib/memory/spares.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <thread>

namespace {

using number = std::unique_ptr<int>;

template <class Owner>
using two = wsx::memory::spares<Owner, number, 2>;

}  // namespace

TEST_SUITE("memory/spares") {
  TEST_CASE("what was released is acquired again, the last one first") {
    struct owner;
    using spares = two<owner>;
    CHECK_FALSE(spares::acquire());
    spares::release(std::make_unique<int>(1));
    spares::release(std::make_unique<int>(2));
    CHECK(*spares::acquire() == 2);
    CHECK(*spares::acquire() == 1);
    CHECK_FALSE(spares::acquire());
  }

  TEST_CASE("no more are kept than there may be: others are destroyed") {
    struct owner;
    using spares = wsx::memory::spares<owner, std::shared_ptr<int>, 2>;
    const auto shared = std::make_shared<int>(1);
    for (int i = 0; i < 3; ++i) spares::release(std::shared_ptr<int>(shared));
    CHECK(shared.use_count() == 3);
    for (int i = 0; i < 2; ++i) CHECK(spares::acquire() == shared);
    CHECK(shared.use_count() == 1);
  }

  TEST_CASE("the one that fits, and the others stay") {
    struct owner;
    using spares = two<owner>;
    const auto is = [](int value) { return [value](const number& n) { return *n == value; }; };
    CHECK_FALSE(spares::acquire(is(1)));
    spares::release(std::make_unique<int>(1));
    spares::release(std::make_unique<int>(2));
    CHECK_FALSE(spares::acquire(is(3)));
    CHECK(*spares::acquire(is(1)) == 1);
    CHECK_FALSE(spares::acquire(is(1)));
    CHECK(*spares::acquire(is(2)) == 2);
  }

  TEST_CASE("each owner has its own, on each thread") {
    struct one;
    struct other;
    two<one>::release(std::make_unique<int>(1));
    CHECK_FALSE(two<other>::acquire());
    std::thread([] { CHECK_FALSE(two<one>::acquire()); }).join();
    CHECK(*two<one>::acquire() == 1);
  }

  TEST_CASE("what is released when the thread has ended is destroyed") {
    struct owner;
    struct late {
      ~late() {
        two<owner>::release(std::move(last));
        found = two<owner>::acquire() != nullptr;
      }
      number last;
      bool& found;
    };
    bool found = true;
    std::thread([&found] {
      static thread_local late ends_last{std::make_unique<int>(1), found};
      two<owner>::release(std::make_unique<int>(2));
    }).join();
    CHECK_FALSE(found);
  }
}
