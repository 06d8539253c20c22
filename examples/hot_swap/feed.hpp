#pragma once

#include <functional>
#include <string>
#include <string_view>

// What both versions of the handler share with the program.

/// Asks the handler what it has counted.
struct how_many {
  std::function<void(std::string_view version, long count, long missing)> answer;
};

/// What a version leaves to the next, as text.
struct feed_state {
  long count = 0;
  long missing = 0;  ///< numbers that did not follow the one before

  std::string save() const { return std::to_string(count) + ' ' + std::to_string(missing); }
  static feed_state from(std::string_view saved) {
    const std::string text(saved);
    std::size_t end = 0;
    feed_state state;
    state.count = std::stol(text, &end);
    state.missing = std::stol(text.substr(end));
    return state;
  }
};
