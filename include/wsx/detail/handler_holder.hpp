#pragma once

#include <wsx/config.hpp>

#include <functional>
#include <utility>

namespace wsx::detail {

// The handler within its client. It is constructed in place, so it need not be movable.
template <class Handler>
class handler_holder {
 public:
  using type = Handler;

  template <class... Args>
  explicit handler_holder(std::in_place_t, Args&&... args)
      : handler_(std::forward<Args>(args)...) {}

  type& get() noexcept { return handler_; }
  const type& get() const noexcept { return handler_; }

 private:
  Handler handler_;
};

// A handler that the user owns.
template <class Handler>
class handler_holder<std::reference_wrapper<Handler>> {
 public:
  using type = Handler;

  handler_holder(std::in_place_t, std::reference_wrapper<Handler> handler) noexcept
      : handler_(handler) {}

  type& get() const noexcept { return handler_; }

 private:
  std::reference_wrapper<Handler> handler_;
};

}  // namespace wsx::detail
