#include "later_version.hpp"

#include <algorithm>
#include <cstddef>

namespace wsx::detail {

namespace {

constexpr std::string_view digits = "0123456789";

// Removes the number at the beginning of `text`, and returns it without leading zeros.
std::string_view take_number(std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find_first_not_of(digits), text.size());
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

bool begins_with_digit(std::string_view text) noexcept {
  return !text.empty() && digits.find(text.front()) != std::string_view::npos;
}

}  // namespace

bool is_later(std::string_view a, std::string_view b) noexcept {
  while (!a.empty() && !b.empty()) {
    if (begins_with_digit(a) && begins_with_digit(b)) {
      const std::string_view x = take_number(a);
      const std::string_view y = take_number(b);
      if (x.size() != y.size()) return x.size() > y.size();
      if (x != y) return x > y;
    } else {
      if (a.front() != b.front()) return a.front() > b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return !a.empty();
}

}  // namespace wsx::detail
