#include <wsx/any_handler.hpp>
#include <wsx/detail/redirected_mail.hpp>
#include <wsx/log.hpp>

#include <atomic>

namespace wsx::detail {

namespace {

// Returns the callback, or an empty one.
message_call find(const handler_info& handler, mail_kind kind, const std::type_info& type,
                  std::size_t size) noexcept {
  const bool casts = kind == mail_kind::cast;
  for (const message_entry& each : handler.messages) {
    if (*each.type == type && each.size == size) return casts ? each.cast : each.info;
  }
  return {};
}

}  // namespace

shared_kind kind_of(const wsx::any_handler& handler) noexcept {
  return handler_access::kind(handler);
}

bool takes_cast(const wsx::any_handler& handler, const std::type_info& type,
                std::size_t size) noexcept {
  return static_cast<bool>(find(handler_access::info(handler), mail_kind::cast, type, size));
}

bool takes_cast(const std::atomic<const handler_info*>& kind, const std::type_info& type,
                std::size_t size) noexcept {
  const handler_info& present = *kind.load(std::memory_order_acquire);
  return static_cast<bool>(find(present, mail_kind::cast, type, size));
}

bool redirected_mail::is_async() const noexcept {
  return find(handler_access::info(to_), kind_, type_, size_).await != nullptr;
}

void redirected_mail::deliver(callback_context& to) {
  const auto run = find(handler_access::info(to_), kind_, type_, size_).run;
  if (run != nullptr) return run(to, handler_access::object(to_), message_);
  log_unhandled(type_.name(), kind_ == mail_kind::cast ? "handle_cast" : "handle_info");
}

asio::awaitable<void> redirected_mail::deliver_async(callback_context& to) {
  return find(handler_access::info(to_), kind_, type_, size_)
      .await(to, handler_access::object(to_), message_);
}

}  // namespace wsx::detail
