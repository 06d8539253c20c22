#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <utility>

namespace wsx::detail {

class offload_base;

// The client, as the owner of an offloaded handler. See `offload_ref`.
struct offload_owner {
  // It has made the handler, in its final place.
  WSX_API static void hold(const std::shared_ptr<offload_base>& handler) noexcept;
  // It no longer has it. On any thread, if the strand no longer runs.
  WSX_API static void release(offload_base& handler) noexcept;
};

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

// A handler that workers may still run when its client is gone.
template <std::derived_from<offload_base> Handler>
class handler_holder<Handler> {
 public:
  using type = Handler;

  template <class... Args>
  explicit handler_holder(std::in_place_t, Args&&... args)
      : handler_(std::make_shared<Handler>(std::forward<Args>(args)...)) {
    offload_owner::hold(handler_);
  }
  ~handler_holder() { offload_owner::release(*handler_); }
  handler_holder(const handler_holder&) = delete;
  handler_holder& operator=(const handler_holder&) = delete;

  type& get() noexcept { return *handler_; }
  const type& get() const noexcept { return *handler_; }

 private:
  const std::shared_ptr<Handler> handler_;
};

// A handler that the user owns.
template <class Handler>
class handler_holder<std::reference_wrapper<Handler>> {
 public:
  static_assert(
      !std::derived_from<Handler, offload_base>,
      "wsx: a client owns its offloaded handler, since workers may run when the client is "
      "gone");
  using type = Handler;

  handler_holder(std::in_place_t, std::reference_wrapper<Handler> handler) noexcept
      : handler_(handler) {}

  type& get() const noexcept { return handler_; }

 private:
  std::reference_wrapper<Handler> handler_;
};

}  // namespace wsx::detail
