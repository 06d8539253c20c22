#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/mail.hpp>
#include <wsx/export.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <typeinfo>
#include <utility>

namespace wsx {
class any_handler;
}

namespace wsx::detail {

struct handler_info;

enum class mail_kind : std::uint8_t { cast, info };

// A message for the handler that is there when it is delivered. If that does not take it, it is
// logged and discarded.
class redirected_mail : public mail {
 public:
  WSX_API bool is_async() const noexcept override;
  WSX_API void deliver(callback_context& to) override;
  WSX_API asio::awaitable<void> deliver_async(callback_context& to) override;

 protected:
  redirected_mail(wsx::any_handler& to, mail_kind kind, const std::type_info& type,
                  std::size_t size, void* message) noexcept
      : to_(to), type_(type), size_(size), message_(message), kind_(kind) {}

 private:
  wsx::any_handler& to_;
  const std::type_info& type_;
  const std::size_t size_;
  void* const message_;
  const mail_kind kind_;
};

template <class M>
class redirected_message final : public redirected_mail {
 public:
  redirected_message(wsx::any_handler& to, mail_kind kind, M message)
      : redirected_mail(to, kind, typeid(M), sizeof(M), &message_), message_(std::move(message)) {}

 private:
  M message_;
};

// What the present handler is, for those who may outlive it. Null for a handler that can't be
// replaced.
using shared_kind = std::shared_ptr<const std::atomic<const handler_info*>>;
WSX_API shared_kind kind_of(const wsx::any_handler& handler) noexcept;
template <class H>
shared_kind kind_of(const H&) noexcept {
  return nullptr;
}

// Returns whether the handler takes such a message in a `handle_cast` now. From any thread.
WSX_API bool takes_cast(const wsx::any_handler& handler, const std::type_info& type,
                        std::size_t size) noexcept;
WSX_API bool takes_cast(const std::atomic<const handler_info*>& kind, const std::type_info& type,
                        std::size_t size) noexcept;

}  // namespace wsx::detail
