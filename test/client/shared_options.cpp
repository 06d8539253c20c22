#include "../../lib/client/shared_options.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <thread>

using wsx::options;
using wsx::detail::share_options;

TEST_SUITE("client/shared_options") {
  TEST_CASE("equal ones are held once") {
    const auto first = share_options(options().set(&options::max_headers, 7));
    const auto second = share_options(options().set(&options::max_headers, 7));
    CHECK(first == second);
    CHECK(second->max_headers == 7);
  }

  TEST_CASE("others are not") {
    const auto first = share_options(options().set(&options::max_headers, 7));
    const auto second = share_options(options().set(&options::max_headers, 8));
    CHECK(first->max_headers == 7);
    CHECK(second->max_headers == 8);
  }

  TEST_CASE("not shared with another thread") {
    const auto here = share_options({});
    std::shared_ptr<const options> there;
    std::thread([&] { there = share_options({}); }).join();
    CHECK(*there == *here);
    CHECK(there != here);
  }

  TEST_CASE("nobody's are not kept") {
    const std::weak_ptr<const options> gone =
        share_options(options().set(&options::max_headers, 7));
    CHECK(gone.expired());
    CHECK(share_options(options().set(&options::max_headers, 7))->max_headers == 7);
  }
}
