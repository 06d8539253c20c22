#include "set_cookie.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace wsx::protocol {

namespace {

// RFC 6265 5.1.1: what separates the parts of a date.
bool is_delimiter(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x09 || (byte >= 0x20 && byte <= 0x2f) || (byte >= 0x3b && byte <= 0x40) ||
         (byte >= 0x5b && byte <= 0x60) || (byte >= 0x7b && byte <= 0x7e);
}

// Takes a number of `least` to `most` digits away; nothing if there is none. Anything may follow
// it.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t size = 0;
  int value = 0;
  while (size < text.size() && http::is_digit(text[size])) {
    if (++size > most) return std::nullopt;
    value = value * 10 + (text[size - 1] - '0');
  }
  if (size < least) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

// The number that the text begins with.
std::optional<int> number(std::string_view text, std::size_t least, std::size_t most) {
  return take_number(text, least, most);
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  const auto hour = take_number(text, 1, 2);
  if (!hour || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto minute = take_number(text, 1, 2);
  if (!minute || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto second = take_number(text, 1, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

std::optional<int> month(std::string_view text) {
  constexpr std::array<std::string_view, 12> all{"jan", "feb", "mar", "apr", "may", "jun",
                                                 "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto found = std::ranges::find_if(
      all, [&](std::string_view name) { return http::iequals(text.substr(0, 3), name); });
  if (found == all.end()) return std::nullopt;
  return static_cast<int>(found - all.begin()) + 1;
}

// The parts that have been found: of each kind, the first counts.
struct date_parts {
  void take(std::string_view token) {
    const bool taken = keep(time, time_of_day(token)) || keep(day, number(token, 1, 2)) ||
                       keep(month_number, month(token));
    if (!taken) keep(year, number(token, 2, 4));
  }

  // Returns whether the part is missing and was found.
  template <class Part>
  static bool keep(std::optional<Part>& part, std::optional<Part> found) {
    if (part || !found) return false;
    part = found;
    return true;
  }

  std::optional<std::chrono::seconds> time{};
  std::optional<int> day{};
  std::optional<int> month_number{};
  std::optional<int> year{};
};

}  // namespace

std::optional<cookie_time> parse_cookie_date(std::string_view text) {
  date_parts parts;
  while (!text.empty()) {
    const auto end = std::ranges::find_if(text, is_delimiter);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (size > 0) parts.take(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  if (!parts.time || !parts.day || !parts.month_number || !parts.year) return std::nullopt;
  int year = *parts.year;
  if (year >= 70 && year <= 99) year += 1900;
  if (year >= 0 && year <= 69) year += 2000;
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(*parts.month_number)),
      std::chrono::day(static_cast<unsigned>(*parts.day))};
  if (year < 1601 || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *parts.time;
}

}  // namespace wsx::protocol
