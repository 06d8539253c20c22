#pragma once

#include "../input.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// What is written at the beginning of each message: who sends it, and its number from 1.
inline std::string labeled(char kind, std::size_t who, std::size_t number, std::size_t filler) {
  return kind + std::to_string(who) + ":" + std::to_string(number) + ":" + std::string(filler, 'x');
}

/// Such a message, read.
struct label {
  char kind = 0;
  std::size_t who = 0;
  std::size_t number = 0;
};

inline std::size_t read_number(std::string_view& text) {
  std::size_t value = 0;
  require(!text.empty() && text.front() != ':');
  while (!text.empty() && text.front() != ':') {
    require(text.front() >= '0' && text.front() <= '9');
    value = value * 10 + static_cast<std::size_t>(text.front() - '0');
    text.remove_prefix(1);
  }
  require(!text.empty());
  text.remove_prefix(1);
  return value;
}

inline label read_label(std::string_view text) {
  require(!text.empty());
  label read{.kind = text.front()};
  text.remove_prefix(1);
  read.who = read_number(text);
  read.number = read_number(text);
  require(text.find_first_not_of('x') == std::string_view::npos);
  return read;
}

/// The messages that producers have queued, and which of them have reached a server: in order, none
/// twice, and all of those that may not be lost.
class ledger {
 public:
  bool lossy = false;  ///< what a broken connection has not sent is dropped

  std::size_t add_sender() {
    of_.emplace_back();
    return of_.size() - 1;
  }

  /// Returns the number that the sender's next message has if it is queued.
  std::size_t next(std::size_t sender) const { return of_[sender].messages.size() + 1; }
  void queued(std::size_t sender, bool may_be_lost) { of_[sender].messages.push_back(may_be_lost); }
  void may_be_lost(std::size_t sender, std::size_t number) {
    of_[sender].messages[number - 1] = true;
  }

  /// docs/delivery.md: "no message that the server has received is sent again", and the frames of
  /// one sender keep their order.
  void arrived(std::size_t sender, std::size_t number) {
    require(sender < of_.size());
    auto& s = of_[sender];
    require(number > s.arrived && number <= s.messages.size());
    skip_to(s, number - 1);
    s.arrived = number;
    ++total;
  }

  void require_complete() {
    for (auto& s : of_) skip_to(s, s.messages.size());
  }

  std::size_t total = 0;

 private:
  struct sent {
    std::vector<bool> messages{};  // whether each may be lost
    std::size_t arrived = 0;       // the number of the last that did
  };

  void skip_to(const sent& s, std::size_t last) const {
    for (std::size_t i = s.arrived; i < last; ++i) require(lossy || s.messages[i]);
  }

  std::vector<sent> of_;
};

}  // namespace fuzz
