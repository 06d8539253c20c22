#include "../protocol/display.hpp"
#include "../to_string/units.hpp"
#include "supervision.hpp"

#include <wsx/detail/operation.hpp>
#include <wsx/to_string.hpp>

#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A supervisor and everything below it as text.

namespace wsx::detail {

namespace {

struct branch {
  std::string line;
  std::shared_ptr<process> below;  // null unless that is a supervisor
};

std::string first_line(const supervisor_options& o) {
  return fmt::format("{}: {}, at most {} restart{} within {}\n", protocol::escape(o.name),
                     to_string(o.strategy), o.intensity, o.intensity == 1 ? "" : "s",
                     ms_of(o.period));
}

std::vector<branch> branches_of(supervision& tree) {
  std::vector<branch> all;
  for (const auto& each : tree.life().children()) {
    const bool goes_on = each.running && each.running->as_supervisor() != nullptr;
    all.push_back({to_string(each.info()) + "\n", goes_on ? each.running : nullptr});
  }
  return all;
}

std::string indented(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto end = text.find('\n') + 1;
    result.append("  ").append(text.substr(0, end));
    text.remove_prefix(end);
  }
  return result;
}

asio::awaitable<std::string> text_of(std::shared_ptr<supervision> tree) {
  std::string text = first_line(tree->life().options());
  const auto branches = branches_of(*tree);  // others may come and go meanwhile
  for (const branch& each : branches) {
    std::string lines = each.line;
    if (each.below) {
      auto below = co_tree(supervision_ref(each.below->as_supervisor()->shared_from_this()));
      lines += indented(co_await std::move(below));
    }
    text += indented(lines);
  }
  co_return text;
}

}  // namespace

void supervision::tree(completion<std::string> done) {
  auto told = [done = std::move(done)](const std::exception_ptr& failed, std::string text) mutable {
    if (failed) std::rethrow_exception(failed);
    done(std::move(text));
  };
  asio::co_spawn(serial_, text_of(shared_from_this()), std::move(told));
}

}  // namespace wsx::detail
