#include "../random_delay.hpp"

#include <wsx/backoff.hpp>

#include <algorithm>
#include <cmath>

namespace wsx {

namespace {

// The longest delay that a server may ask for; longer ones are cut.
constexpr std::chrono::seconds longest_wait = std::chrono::hours(1);

std::chrono::milliseconds asked_for(const disconnect& d) {
  const auto wait = d.reason.diagnostics.retry_after.value_or(std::chrono::seconds(0));
  return std::clamp(wait, std::chrono::seconds(0), longest_wait);
}

}  // namespace

// In addition to the server's delay, which the server may have sent to the whole fleet at once.
std::chrono::milliseconds backoff::operator()(const disconnect& d) const {
  return asked_for(d) + detail::random_delay(bound(d.attempt));
}

std::chrono::milliseconds backoff::bound(std::size_t attempt) const noexcept {
  const std::size_t before = attempt - std::min<std::size_t>(attempt, 1);
  const auto highest = static_cast<double>(options_.max.count());
  const auto grown = static_cast<double>(options_.initial.count()) *
                     std::pow(std::max(options_.factor, 1.0), static_cast<double>(before));
  // The value may be infinite or not a number after thousands of failures: then the bound applies.
  const auto bounded = grown < highest ? grown : highest;
  return std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(std::max(bounded, 0.0)));
}

}  // namespace wsx
