#include "http_syntax.hpp"

#include <wsx/protocol/retry_after.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace wsx::protocol {

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr seconds longest_wait = std::chrono::hours(24 * 365);

// Reads a text from left to right. After text that does not match it stays failed.
class date_reader {
 public:
  explicit date_reader(std::string_view text) noexcept : left_(text) {}

  bool done() const noexcept { return ok_ && left_.empty(); }
  bool ok() const noexcept { return ok_; }

  void skip(std::string_view wanted) noexcept {
    ok_ = ok_ && left_.starts_with(wanted);
    if (ok_) left_.remove_prefix(wanted.size());
  }

  // Reads exactly this many digits; the first may be a space.
  int number(std::size_t digits, bool padded = false) noexcept {
    std::string_view text = left_.substr(0, digits);
    if (padded && text.starts_with(' ')) text.remove_prefix(1);
    ok_ = ok_ && left_.size() >= digits && std::all_of(text.begin(), text.end(), http::is_digit);
    int value = 0;
    if (ok_) std::from_chars(text.data(), text.data() + text.size(), value);
    if (ok_) left_.remove_prefix(digits);
    return value;
  }

  // Returns which of `names` comes next.
  template <std::size_t Count>
  std::size_t one_of(const std::array<std::string_view, Count>& names) noexcept {
    const auto found = std::find_if(names.begin(), names.end(),
                                    [this](std::string_view n) { return left_.starts_with(n); });
    ok_ = ok_ && found != names.end();
    if (ok_) left_.remove_prefix(found->size());
    return ok_ ? static_cast<std::size_t>(found - names.begin()) : 0;
  }

 private:
  std::string_view left_;
  bool ok_ = true;
};

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

struct date_time {
  int year = 0;
  std::size_t month = 0;  // from 0
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void read_time(date_reader& in, date_time& t) noexcept {
  t.hour = in.number(2);
  in.skip(":");
  t.minute = in.number(2);
  in.skip(":");
  t.second = in.number(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT": IMF-fixdate.
bool read_fixdate(std::string_view text, date_time& t) noexcept {
  date_reader in(text);
  in.one_of(days);
  in.skip(", ");
  t.day = in.number(2);
  in.skip(" ");
  t.month = in.one_of(months);
  in.skip(" ");
  t.year = in.number(4);
  in.skip(" ");
  read_time(in, t);
  in.skip(" GMT");
  return in.done();
}

// "Sunday, 06-Nov-94 08:49:37 GMT" of RFC 850: obsolete, but must be accepted.
bool read_old_date(std::string_view text, date_time& t, int this_year) noexcept {
  date_reader in(text);
  in.one_of(long_days);
  in.skip(", ");
  t.day = in.number(2);
  in.skip("-");
  t.month = in.one_of(months);
  in.skip("-");
  // A year that appears to be more than 50 years in the future is in the past.
  t.year = this_year / 100 * 100 + in.number(2);
  if (t.year > this_year + 50) t.year -= 100;
  in.skip(" ");
  read_time(in, t);
  in.skip(" GMT");
  return in.done();
}

// "Sun Nov  6 08:49:37 1994" of C's asctime: obsolete, but must be accepted.
bool read_asctime(std::string_view text, date_time& t) noexcept {
  date_reader in(text);
  in.one_of(days);
  in.skip(" ");
  t.month = in.one_of(months);
  in.skip(" ");
  t.day = in.number(2, true);
  in.skip(" ");
  read_time(in, t);
  in.skip(" ");
  t.year = in.number(4);
  return in.done();
}

// RFC 9110 5.6.7. A second of 60 is a leap second.
std::optional<sys_seconds> parse_date(std::string_view text, sys_seconds now) noexcept {
  using namespace std::chrono;
  const auto today = year_month_day(floor<std::chrono::days>(now));
  date_time t;
  const bool read = read_fixdate(text, t) ||
                    read_old_date(text, t, static_cast<int>(today.year())) || read_asctime(text, t);
  const auto date = year(t.year) / static_cast<int>(t.month + 1) / t.day;
  if (!read || !date.ok() || t.hour > 23 || t.minute > 59 || t.second > 60) return std::nullopt;
  return sys_days(date) + hours(t.hour) + minutes(t.minute) + seconds(t.second);
}

// RFC 9110 10.2.3: delay-seconds, with any number of digits.
std::optional<seconds> parse_delay(std::string_view text) noexcept {
  if (text.empty() || !std::all_of(text.begin(), text.end(), http::is_digit)) return std::nullopt;
  seconds::rep count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  return read.ec == std::errc{} ? std::min(seconds(count), longest_wait) : longest_wait;
}

bool is_named(const header& field, std::string_view name) noexcept {
  return http::iequals(field.name, name);
}

}  // namespace

std::optional<seconds> retry_after(const header_list& headers, sys_seconds now) {
  const auto count = std::count_if(headers.begin(), headers.end(),
                                   [](const header& h) { return is_named(h, "Retry-After"); });
  if (count != 1) return std::nullopt;
  const std::string_view value = http::trim_ows(*find_header(headers, "Retry-After"));
  if (const auto delay = parse_delay(value)) return delay;
  const auto when = parse_date(value, now);
  if (!when) return std::nullopt;
  const std::string* const date = find_header(headers, "Date");
  const auto sent = date != nullptr ? parse_date(http::trim_ows(*date), now) : std::nullopt;
  return std::clamp(*when - sent.value_or(now), seconds(0), longest_wait);
}

}  // namespace wsx::protocol
