#pragma once

#include <wsx/config.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>

#include <memory>
#include <tuple>
#include <utility>

namespace wsx::detail {

// A completion handler that waits, without its type. Completing posts it to its own executor, so
// that it never runs within the call that completes it. Dropped without being completed it is just
// destroyed.
template <class... Args>
class completion {
 public:
  completion() = default;

  template <class Handler>
  completion(Handler handler, const asio::any_io_executor& fallback)
      : waiting_(std::make_unique<model<Handler>>(std::move(handler), fallback)) {}

  explicit operator bool() const noexcept { return waiting_ != nullptr; }

  void operator()(Args... args) {
    if (auto waiting = std::move(waiting_)) waiting->complete(std::move(args)...);
  }

 private:
  struct base {
    virtual ~base() = default;
    virtual void complete(Args... args) = 0;
  };

  template <class Handler>
  struct model final : base {
    // While it waits, the handler's executor has work to do. Asio, "async_compose".
    using executor_type = std::decay_t<
        typename asio::prefer_result<asio::associated_executor_t<Handler, asio::any_io_executor>,
                                     asio::execution::outstanding_work_t::tracked_t>::type>;

    model(Handler h, const asio::any_io_executor& fallback)
        : handler(std::move(h)),
          executor(asio::prefer(asio::get_associated_executor(handler, fallback),
                                asio::execution::outstanding_work.tracked)) {}

    void complete(Args... args) override {
      auto target = executor;
      asio::post(target, call{std::move(handler), std::move(executor),
                              std::tuple<Args...>(std::move(args)...)});
    }

    struct call {
      Handler handler;
      executor_type work;
      std::tuple<Args...> args;

      void operator()() {
        // Before the handler runs: what it starts next may use the same slot.
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
          slot.clear();
        std::apply(std::move(handler), std::move(args));
      }
    };

    Handler handler;
    executor_type executor;
  };

  std::unique_ptr<base> waiting_;
};

}  // namespace wsx::detail
