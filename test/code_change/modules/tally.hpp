#pragma once

#include <wsx/any_handler.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

// Counts numbered messages from two sources, of which none may be missing, doubled or out of order.
// The test's program and its modules share it.
namespace tally_test {

/// A number from another thread.
struct cast_number {
  long number;
};

struct tally {
  long next = 0;       ///< of the server's messages
  long next_cast = 0;  ///< of the casts
  long wrong = 0;      ///< numbers that were not the next
  long swaps = 0;

  std::string save() const {
    return std::to_string(next) + ' ' + std::to_string(next_cast) + ' ' + std::to_string(wrong) +
           ' ' + std::to_string(swaps);
  }
  static tally from(std::string_view saved) {
    tally t;
    const std::string text(saved);
    char* rest = nullptr;
    t.next = std::strtol(text.c_str(), &rest, 10);
    t.next_cast = std::strtol(rest, &rest, 10);
    t.wrong = std::strtol(rest, &rest, 10);
    t.swaps = std::strtol(rest, &rest, 10) + 1;
    return t;
  }

  // Answers each hundredth with its number.
  wsx::action take(wsx::text t) {
    const std::string text(t.payload);
    const long number = std::strtol(text.c_str(), nullptr, 10);
    if (number != next) ++wrong;
    next = number + 1;
    return number % 100 == 99 ? wsx::action(wsx::reply(t)) : wsx::action(wsx::ok());
  }
  void take(cast_number c) {
    if (c.number != next_cast) ++wrong;
    next_cast = c.number + 1;
  }
};

}  // namespace tally_test
