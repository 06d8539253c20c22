#include "../protocol/display.hpp"
#include "units.hpp"

#include <wsx/child_spec.hpp>
#include <wsx/to_string.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

// What a supervisor reports about its children.

namespace wsx {

namespace {

std::string times(std::uint64_t count) {
  if (count == 0) return "never started";
  return count == 1 ? "started once" : fmt::format("started {} times", count);
}

}  // namespace

std::string to_string(const child_info& child) {
  return fmt::format("{}: {}, {}{}, {}", protocol::quote(child.name), to_string(child.state),
                     to_string(child.restart), child.is_supervisor ? " supervisor" : "",
                     times(child.starts));
}

std::string to_string(const child_counts& counts) {
  detail::members all;
  all.add("specs", counts.specs).add("active", counts.active);
  all.add("supervisors", counts.supervisors).add("workers", counts.workers);
  return std::move(all).text();
}

}  // namespace wsx
