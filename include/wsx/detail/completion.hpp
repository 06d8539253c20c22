#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/immediate.hpp>
#include <wsx/detail/operation_memory.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

namespace wsx::detail {

// A completion handler with its arguments.
template <class Handler, class... Args>
struct completed {
  // The executor has outstanding work until the handler has run. See Asio, "async_compose".
  using executor = std::decay_t<
      typename asio::prefer_result<asio::associated_executor_t<Handler, strand>,
                                   asio::execution::outstanding_work_t::tracked_t>::type>;
  using allocator_type = asio::associated_allocator_t<Handler>;

  static executor executor_of(const Handler& handler, const strand& fallback) {
    return asio::prefer(asio::get_associated_executor(handler, fallback),
                        asio::execution::outstanding_work.tracked);
  }

  allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(handler); }

  void operator()() {
    // Before the handler runs, since an operation that it starts may use the same slot.
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
      slot.clear();
    std::apply(std::move(handler), std::move(args));
  }

  // Calls the handler on its own executor, never within this call.
  void post() && {
    const executor target = work;
    if constexpr (std::is_same_v<executor, strand>) {
      const auto allocator = get_allocator();
      wsx::post_on(target, std::move(*this), allocator);
    } else {
      asio::post(target, std::move(*this));
    }
  }

  // For an operation that completes as soon as it begins. Calls the handler on its immediate
  // executor, which may do so within this call; by default it does not.
  void submit_immediately() && {
#if defined(WSX_HAS_IMMEDIATE_EXECUTOR)
    if constexpr (has_immediate_executor<Handler, executor>) {
      const executor own = work;
      return dispatch_immediately(std::move(*this), own);
    }
#endif
    std::move(*this).post();
  }

  Handler handler;
  executor work;
  std::tuple<Args...> args;
};

// Calls a handler that did not have to wait.
template <class Handler, class... Args>
void complete_immediately(Handler handler, const strand& fallback, Args... args) {
  using call = completed<Handler, Args...>;
  auto executor = call::executor_of(handler, fallback);
  call{std::move(handler), std::move(executor), std::tuple<Args...>(std::move(args)...)}
      .submit_immediately();
}

// Identifies a waiting operation, to cancel it.
using ticket = std::uint64_t;

template <class... Args>
class waiting_list;

// A waiting completion handler without its type. To complete it posts it to its own executor, so
// that it never runs within that call. A completion that is destroyed first does not call its
// handler. The memory comes from the handler's associated allocator.
template <class... Args>
class completion {
 public:
  completion() = default;

  template <class Handler>
  completion(Handler handler, const strand& fallback)
      : waiting_(model<Handler>::make(std::move(handler), fallback)) {}

  explicit operator bool() const noexcept { return waiting_ != nullptr; }

  void operator()(Args... args) {
    if (waiting_) waiting_.release()->complete(std::move(args)...);
  }

  // Completes within the call that starts the operation: see `completed::submit_immediately`.
  void complete_immediately(Args... args) {
    if (waiting_) waiting_.release()->complete_immediately(std::move(args)...);
  }

  // Memory for the operation's other state while this waits; null if the handler has no allocator.
  operation_memory* memory() const noexcept { return waiting_ ? waiting_->memory() : nullptr; }

 private:
  friend class waiting_list<Args...>;

  struct base : operation_memory {
    // Each of these destroys the object.
    virtual void complete(Args... args) = 0;
    virtual void complete_immediately(Args... args) = 0;
    virtual void destroy() noexcept = 0;

    virtual operation_memory* memory() noexcept = 0;

    // For the waiting list.
    ticket number = 0;
    base* next = nullptr;

   protected:
    ~base() = default;
  };

  struct destroyer {
    void operator()(base* waiting) const noexcept { waiting->destroy(); }
  };

  template <class Handler>
  struct model;

  std::unique_ptr<base, destroyer> waiting_{};
};

template <class... Args>
template <class Handler>
struct completion<Args...>::model final : base {
  using call = completed<Handler, Args...>;
  template <class T>
  using traits = typename std::allocator_traits<
      asio::associated_allocator_t<Handler>>::template rebind_traits<T>;
  template <class T>
  using rebound = typename traits<T>::allocator_type;
  struct alignas(std::max_align_t) unit {
    std::byte bytes[sizeof(std::max_align_t)];
  };

  // With the default allocator Asio recycles memory.
  static constexpr bool has_allocator =
      !std::is_same_v<rebound<std::byte>, std::allocator<std::byte>>;

  static model* make(Handler handler, const strand& fallback) {
    rebound<model> from(asio::get_associated_allocator(handler));
    model* const place = traits<model>::allocate(from, 1);
    try {
      return ::new (static_cast<void*>(place)) model(std::move(handler), fallback);
    } catch (...) {
      traits<model>::deallocate(from, place, 1);
      throw;
    }
  }

  model(Handler h, const strand& fallback)
      : handler(std::move(h)), executor(call::executor_of(handler, fallback)) {}

  void complete(Args... args) override { to_call(std::move(args)...).post(); }

  void complete_immediately(Args... args) override {
    to_call(std::move(args)...).submit_immediately();
  }

  // The handler may own what its allocator allocates from, so it is destroyed last.
  void destroy() noexcept override {
    const Handler last(std::move(handler));
    free(last);
  }

  // Frees this object first, so that the memory can be used for what is posted.
  call to_call(Args... args) {
    call c{std::move(handler), std::move(executor), std::tuple<Args...>(std::move(args)...)};
    free(c.handler);
    return c;
  }

  void free(const Handler& owner) noexcept {
    rebound<model> from(asio::get_associated_allocator(owner));
    this->~model();
    traits<model>::deallocate(from, this, 1);
  }

  operation_memory* memory() noexcept override { return has_allocator ? this : nullptr; }

  static constexpr std::size_t units(std::size_t bytes) noexcept {
    return (bytes + sizeof(unit) - 1) / sizeof(unit);
  }
  void* allocate(std::size_t bytes) override {
    rebound<unit> from(asio::get_associated_allocator(handler));
    return traits<unit>::allocate(from, units(bytes));
  }
  void deallocate(void* place, std::size_t bytes) noexcept override {
    rebound<unit> from(asio::get_associated_allocator(handler));
    traits<unit>::deallocate(from, static_cast<unit*>(place), units(bytes));
  }

  Handler handler;
  typename call::executor executor;
};

}  // namespace wsx::detail
