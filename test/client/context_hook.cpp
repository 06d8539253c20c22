#include "../../lib/client/context_hook.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace {

struct hook final : wsx::detail::context_hook {
  hook(const asio::any_io_executor& executor, int* calls)
      : context_hook(executor), dropped(calls) {}
  void drop_handlers() noexcept override { ++*dropped; }

  int* dropped;
};

using hooks = std::vector<std::unique_ptr<hook>>;

hooks make_three(asio::io_context& io, int* calls) {
  hooks all;
  for (int i = 0; i < 3; ++i) all.push_back(std::make_unique<hook>(io.get_executor(), calls));
  return all;
}

}  // namespace

TEST_SUITE("client/context_hook") {
  TEST_CASE("the end of the context is told to each, once") {
    int calls = 0;
    std::optional<asio::io_context> io(std::in_place);
    const auto all = make_three(*io, &calls);
    CHECK(calls == 0);
    io.reset();
    CHECK(calls == 3);
  }

  TEST_CASE("those that are gone are not told, whichever went") {
    for (std::size_t first = 0; first < 3; ++first) {
      for (std::size_t second = 0; second < 3; ++second) {
        int calls = 0;
        std::optional<asio::io_context> io(std::in_place);
        auto all = make_three(*io, &calls);
        all[first].reset();
        all[second].reset();
        io.reset();
        CHECK(calls == (first == second ? 2 : 1));
      }
    }
  }

  TEST_CASE("one may come when another went, and outlive the context") {
    int calls = 0;
    std::optional<asio::io_context> io(std::in_place);
    auto all = make_three(*io, &calls);
    all.back().reset();
    all.back() = std::make_unique<hook>(io->get_executor(), &calls);
    io.reset();
    CHECK(calls == 3);
    all.clear();
    CHECK(calls == 3);
  }
}
