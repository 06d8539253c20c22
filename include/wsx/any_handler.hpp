#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/any_handler.hpp>
#include <wsx/detail/code_change.hpp>
#include <wsx/detail/handler_holder.hpp>
#include <wsx/detail/handler_info.hpp>
#include <wsx/detail/handler_model.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wsx {

namespace detail {
struct handler_access;
}

/// What `code_change` of a handler is told about the one that it replaces. Erlang's `OldVsn`.
struct old_version {
  std::string_view version{};  ///< the old handler's; empty if it has none

  /// Whether that version is the later one, so that the change is a downgrade. Erlang's `{down,
  /// Vsn}`. Numbers in versions are compared as numbers: "1.10" is later than "1.9".
  bool down = false;
};

/// A handler of any type. With the header wsx/code_change.hpp, `client<any_handler>` can replace
/// its handler while its connection is open.
///
/// It costs one virtual call per batch of messages from the server. A message of a program's own
/// (`cast`, `post`, a timer) is looked up by its type, since the client does not know the types
/// that its handler takes. A handler with one `handle_cast` and one `handle_info` needs nothing
/// more. One with several lists the types of its messages, and only these are delivered:
///
///     struct topic_feed {
///       using messages = wsx::message_types<subscribe, unsubscribe>;
///       void handle_frame(wsx::text t) { last = t.payload; }
///       void handle_cast(const subscribe& s) { topics.insert(s.topic); }
///       void handle_cast(const unsubscribe& u) { topics.erase(u.topic); }
///       std::set<std::string> topics;
///       std::string last;
///     };
///
/// Messages are told apart by the name and size of their type, so that modules can take them, too.
/// For the client's strand only, except for `version`.
///
///     wsx::client<wsx::any_handler> client(io, topic_feed());
class any_handler {
 public:
  /// Contains `handler`. May be a `std::reference_wrapper`: see `basic_client`.
  template <class Handler>
  requires(std::is_class_v<Handler> && !std::same_as<Handler, any_handler>)
      any_handler(Handler handler)  // NOLINT: converts by design
      : any_handler(std::in_place_type<Handler>, std::move(handler)) {}

  /// Contains a handler that is constructed in place, and need not be movable.
  template <class Handler, class... Args>
  explicit any_handler(std::in_place_type_t<Handler>, Args&&... args) {
    using type = typename detail::handler_holder<Handler>::type;
    auto model = std::make_unique<detail::handler_model<Handler>>(std::in_place,
                                                                  std::forward<Args>(args)...);
    object_ = &model->handler();
    kind_ = std::make_shared<detail::handler_kind>(&detail::info_of<type>);
    model_ = std::move(model);
  }

  /// One that was moved from can only be destroyed.
  any_handler(any_handler&& other) noexcept
      : model_(std::move(other.model_)), object_(other.object_), kind_(std::move(other.kind_)) {}
  any_handler& operator=(any_handler&&) = delete;

  /// Returns the version of the handler: its `static constexpr std::string_view version`, or an
  /// empty text. From any thread.
  std::string_view version() const noexcept { return info().version; }

  /// Returns the handler if it has that type; otherwise null. Valid until it is replaced.
  template <class Handler>
  Handler* get_if() noexcept {
    return &info() == &detail::info_of<Handler> ? static_cast<Handler*>(object_) : nullptr;
  }

 private:
  friend struct detail::handler_access;

  const detail::handler_info& info() const noexcept {
    return *kind_->load(std::memory_order_acquire);
  }

  std::unique_ptr<detail::any_handler> model_;
  void* object_ = nullptr;
  // Other threads look for messages, also when the handler is gone.
  std::shared_ptr<detail::handler_kind> kind_{};
};

namespace detail {

// These are defined in wsx/code_change.hpp.
template <>
class handler_model<wsx::any_handler>;
template <class Client>
class code_change_members<Client, wsx::any_handler>;
template <class Child>
class child_code_change_members<Child, wsx::any_handler>;

// What the client and a change do with a handler that they don't know.
struct handler_access {
  static any_handler& model(wsx::any_handler& h) noexcept { return *h.model_; }
  static void* object(const wsx::any_handler& h) noexcept { return h.object_; }
  static const handler_info& info(const wsx::any_handler& h) noexcept { return h.info(); }
  static void swap(wsx::any_handler& a, wsx::any_handler& b) noexcept {
    std::swap(a.model_, b.model_);
    std::swap(a.object_, b.object_);
    b.kind_->store(a.kind_->exchange(&b.info(), std::memory_order_acq_rel));
  }
  static std::shared_ptr<const handler_kind> kind(const wsx::any_handler& h) noexcept {
    return h.kind_;
  }
};

}  // namespace detail

}  // namespace wsx
