#pragma once

#include <wsx/config.hpp>

#include <wsx/any_handler.hpp>
#include <wsx/detail/completion.hpp>
#include <wsx/detail/handler_change.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/export.hpp>

#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace wsx::detail {

// The handler of a client that can replace it, and the changes that were asked for. On the client's
// strand, between callbacks.
class replaceable_handler : public any_handler {
 public:
  template <class... Args>
  explicit replaceable_handler(std::in_place_t, Args&&... args)
      : handler_(std::forward<Args>(args)...) {}

  wsx::any_handler& handler() noexcept { return handler_; }

  WSX_API protocol::reception reception() const noexcept override;
  WSX_API bool receives_async() const noexcept override;
  WSX_API void receive(callback_context& client, protocol::incoming& input) override;
  WSX_API asio::awaitable<void> receive_async(callback_context& client,
                                              protocol::incoming& input) override;
  WSX_API asio::awaitable<void> init(callback_context& client,
                                     const connection_info& info) override;
  WSX_API asio::awaitable<void> handle_connect(callback_context& client,
                                               const connection_info& info) override;
  WSX_API asio::awaitable<void> handle_disconnect(callback_context& client,
                                                  const disconnect& what) override;
  WSX_API asio::awaitable<void> terminate(callback_context& client,
                                          const close_reason& reason) override;
  WSX_API std::string format_status() const override;
  WSX_API event_set events() const noexcept override;
  WSX_API void handle_event(any_event e) override;
  replaceable_handler* replaceable() noexcept override { return this; }

  // A change that was asked for, with the details of its failure (may be null) and its completion.
  struct asked {
    ticket number;
    std::unique_ptr<handler_change> change;
    wsx::diagnostics* details;
    completion<std::error_code> done;
  };
  WSX_API void add(asked change);
  // What the open connections receive.
  using inputs = std::span<protocol::incoming* const>;

  // Makes the changes in their order.
  WSX_API void change_now(callback_context& client, inputs open);
  // Completes a change, or all of them, without making it.
  WSX_API void cancel(ticket t, std::error_code canceled);
  WSX_API void fail(std::error_code error);
  WSX_API void drop() noexcept;

 private:
  any_handler& current() const noexcept { return handler_access::model(handler_); }
  bool must_wait(const handler_change& change, inputs open) const noexcept;
  std::error_code make(callback_context& client, const asked& change, inputs open);

  mutable wsx::any_handler handler_;
  std::vector<asked> asked_{};
  bool waits_ = false;  // for the end of a message
};

template <>
class handler_model<wsx::any_handler> final : public replaceable_handler {
 public:
  using replaceable_handler::replaceable_handler;
};

}  // namespace wsx::detail
