#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <asio/any_io_executor.hpp>

#include <chrono>

namespace wsx::detail {

class virtual_time;

// A client's clock: the machine's steady clock, or the `testing::virtual_clock` that its execution
// context had when the client was made. Valid as long as that context.
class client_clock {
 public:
  using duration = std::chrono::steady_clock::duration;
  using time_point = std::chrono::steady_clock::time_point;

  client_clock() = default;  // the machine's
  WSX_API explicit client_clock(const asio::any_io_executor& executor);
  explicit client_clock(virtual_time* time) noexcept : time_(time) {}

  time_point now() const noexcept {
    return time_ == nullptr ? std::chrono::steady_clock::now() : virtual_now();
  }

  // Null: the machine's clock.
  virtual_time* time() const noexcept { return time_; }

 private:
  WSX_API time_point virtual_now() const noexcept;

  virtual_time* time_ = nullptr;
};

}  // namespace wsx::detail
