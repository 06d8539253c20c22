#pragma once

#include "../input.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace fuzz {

/// An operation under way.
struct operation {
  int completed = 0;
  asio::cancellation_signal cancel{};
  std::function<void(std::error_code)> then{};
};

/// The operations that the program has begun: each completes once.
class operations {
 public:
  /// Returns a completion token for any signature. `then` is called with the error, if there is
  /// one.
  auto begin(std::function<void(std::error_code)> then = {}) {
    auto& begun = all_.emplace_back(std::make_shared<operation>());
    begun->then = std::move(then);
    return asio::bind_cancellation_slot(begun->cancel.slot(), [op = begun](const auto&... result) {
      require(++op->completed == 1);
      std::error_code error;
      (take(error, result), ...);
      if (op->then) op->then(error);
    });
  }

  void cancel(input& in) {
    if (all_.empty()) return;
    const auto chosen = all_[all_.size() - 1 - in.choice(all_.size())];
    const auto how =
        in.choice(2) == 0 ? asio::cancellation_type::terminal : asio::cancellation_type::total;
    chosen->cancel.emit(how);
  }

  void require_completed() const {
    for (const auto& op : all_) require(op->completed == 1);
  }

 private:
  template <class T>
  static void take(std::error_code& error, const T& result) {
    if constexpr (std::is_same_v<T, std::error_code>) error = result;
  }

  std::vector<std::shared_ptr<operation>> all_;
};

}  // namespace fuzz
