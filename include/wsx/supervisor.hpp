#pragma once

#include <wsx/config.hpp>

#include <wsx/child_ref.hpp>
#include <wsx/child_spec.hpp>
#include <wsx/detail/executor_of.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/detail/supervision_ref.hpp>
#include <wsx/error.hpp>
#include <wsx/export.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <utility>
#include <vector>

namespace wsx {

/// Settings of a supervisor. The defaults are Erlang's.
struct supervisor_options {
  supervisor_options() = default;

  /// For its reports.
  std::string name = "supervisor";

  restart_strategy strategy = restart_strategy::one_for_one;

  /// If more than `intensity` restarts are needed within `period`, the supervisor ends all children
  /// and itself, with `errc::reached_max_restart_intensity`. Each attempt to restart a child
  /// counts.
  std::uint32_t intensity = 1;
  std::chrono::milliseconds period{5'000};  ///< more than zero
};

namespace detail {
WSX_API asio::awaitable<void> co_start(supervision_ref s);
WSX_API asio::awaitable<void> co_ask(supervision_ref s, supervision_ref::request what,
                                     child_spec spec);
WSX_API asio::awaitable<void> co_ask(supervision_ref s, supervision_ref::request what,
                                     std::string name);
WSX_API asio::awaitable<void> co_stop(supervision_ref s);
WSX_API asio::awaitable<void> co_join(supervision_ref s);
WSX_API asio::awaitable<child_spec> co_get_childspec(supervision_ref s, std::string name);
WSX_API asio::awaitable<std::vector<child_info>> co_which_children(supervision_ref s);
WSX_API asio::awaitable<child_counts> co_count_children(supervision_ref s);
WSX_API asio::awaitable<std::string> co_tree(supervision_ref s);
}  // namespace detail

/// Runs clients and other supervisors by the rules of Erlang's supervisor: starts them in order,
/// restarts those that end, and ends all of them in reverse order. See docs/operations.md.
///
/// A client reconnects by itself, with its `handle_disconnect`. A supervisor acts when the client
/// has ended. The end is abnormal if `join` of the client would throw.
///
/// A supervisor does one thing at a time. A request that arrives while it starts, restarts or
/// terminates children waits until that is done, except for `stop`. The supervisor reports
/// what it does by itself, and why, to the log sink: see `set_log_sink`.
///
/// Lifetime: destroying a supervisor ends it and its children at once, as destroying a client does.
/// To end in order, `co_await stop()` first. From `start` to its end a supervisor is work for its
/// execution context, which must outlive it.
///
/// Threads: a supervisor runs on its own strand, and each child on another. Everything may be
/// called from any thread, but no other call may overlap a move or the destructor.
///
/// Asynchronous operations take any completion token, as those of a client do. Without a token they
/// return an `awaitable` that throws `wsx::system_error`. Canceling an operation ends the wait:
/// what has begun goes on, and what has not begun is not done. A callback of a child may await
/// them. If the child is terminated meanwhile, the callback is interrupted.
///
///     const auto make = [&] { return wsx::child(wsx::client<printer>(io), url); };
///     wsx::supervisor feeds(io, {{"prices", make}});
///     co_await feeds.start();
class supervisor {
 public:
  using executor_type = asio::any_io_executor;

  /// A supervisor that is not started. `where`: see `basic_client`.
  explicit supervisor(detail::executor_of where)
      : supervisor(std::move(where), supervisor_options(), {}) {}
  supervisor(detail::executor_of where, std::vector<child_spec> children)
      : supervisor(std::move(where), supervisor_options(), std::move(children)) {}
  supervisor(detail::executor_of where, const supervisor_options& options,
             std::vector<child_spec> children)
      : supervision_(std::move(where).take(), options, std::move(children)) {
    abi::require_same();
  }

  ~supervisor() {
    if (supervision_) supervision_.kill();
  }

  /// As with clients, what runs goes on. A supervisor that is assigned to ends as if destroyed.
  supervisor(supervisor&&) noexcept = default;
  supervisor& operator=(supervisor&& other) noexcept {
    const supervisor old(std::move(*this));
    supervision_ = std::move(other.supervision_);
    return *this;
  }

  /// Starts the children, one after the other. If one cannot be started, those before it are
  /// terminated in reverse order, and the supervisor ends with that error.
  ///
  /// Errors: that of the child; `errc::already_started`; `errc::child_already_present`: two
  /// children have equal names; `errc::invalid_option`: the period or a `shutdown` is out of range,
  /// or a `child_spec::start` is empty; `errc::aborted`: the supervisor was stopped or destroyed.
  asio::awaitable<void> start() { return detail::co_start(supervision_); }
  /// With any completion token for `void(std::error_code)`.
  template <class Token>
  auto start(Token&& token) {
    return detail::start_operation<std::error_code>(
        supervision_, std::forward<Token>(token),
        [](const detail::supervision_ref& s, detail::ticket t,
           detail::completion<std::error_code> done) { s.start(t, nullptr, std::move(done)); });
  }

  /// Adds a child behind all others, and starts it. If that fails, the spec is discarded.
  ///
  /// Errors: that of the child; `errc::child_running` or `errc::child_already_present`: there is
  /// one of that name; `errc::invalid_option`; `errc::no_supervisor`: the supervisor has not been
  /// started, or ends before it could.
  asio::awaitable<void> start_child(child_spec spec) {
    return detail::co_ask(supervision_, request::start_child, std::move(spec));
  }
  template <class Token>
  auto start_child(child_spec spec, Token&& token) {
    return ask(request::start_child, std::move(spec), std::forward<Token>(token));
  }

  /// Terminates a child, as its spec says. The spec of a temporary child is removed. Any other
  /// child can be restarted, by `restart_child` or by the strategy. If the child does not run, this
  /// only ends the attempts to restart it.
  ///
  /// Errors: `errc::child_not_found`, `errc::no_supervisor`.
  asio::awaitable<void> terminate_child(std::string name) {
    return detail::co_ask(supervision_, request::terminate_child, std::move(name));
  }
  template <class Token>
  auto terminate_child(std::string name, Token&& token) {
    return ask(request::terminate_child, std::move(name), std::forward<Token>(token));
  }

  /// Starts a child that does not run. This does not count as a restart.
  ///
  /// Errors: that of the child; `errc::child_not_found`, `errc::child_running`,
  /// `errc::child_restarting`, `errc::no_supervisor`.
  asio::awaitable<void> restart_child(std::string name) {
    return detail::co_ask(supervision_, request::restart_child, std::move(name));
  }
  template <class Token>
  auto restart_child(std::string name, Token&& token) {
    return ask(request::restart_child, std::move(name), std::forward<Token>(token));
  }

  /// Removes a child that does not run.
  ///
  /// Errors: `errc::child_not_found`, `errc::child_running`, `errc::child_restarting`,
  /// `errc::no_supervisor`.
  asio::awaitable<void> delete_child(std::string name) {
    return detail::co_ask(supervision_, request::delete_child, std::move(name));
  }
  template <class Token>
  auto delete_child(std::string name, Token&& token) {
    return ask(request::delete_child, std::move(name), std::forward<Token>(token));
  }

  /// Replaces the spec of the child with that name, which may run meanwhile. A child that runs goes
  /// on: the new `start` makes the next one. All other members count from now on, also for how the
  /// present one is terminated and whether it is restarted. Erlang does this in the `code_change`
  /// of a supervisor.
  ///
  /// Errors: `errc::child_not_found`, `errc::invalid_option`, `errc::no_supervisor`.
  asio::awaitable<void> replace_child_spec(child_spec spec) {
    return detail::co_ask(supervision_, request::replace_child_spec, std::move(spec));
  }
  template <class Token>
  auto replace_child_spec(child_spec spec, Token&& token) {
    return ask(request::replace_child_spec, std::move(spec), std::forward<Token>(token));
  }

  /// Returns a copy of the spec of the child with that name, as it was given. Does not wait for
  /// what is in progress. With a token: `void(std::error_code, std::optional<child_spec>)`.
  ///
  /// Errors: `errc::child_not_found`.
  asio::awaitable<child_spec> get_childspec(std::string name) {
    return detail::co_get_childspec(supervision_, std::move(name));
  }
  template <class Token>
  auto get_childspec(std::string name, Token&& token) {
    using answer = std::optional<child_spec>;
    return detail::start_operation<std::error_code, answer>(
        supervision_, std::forward<Token>(token),
        [n = std::move(name)](const detail::supervision_ref& s, detail::ticket,
                              detail::completion<std::error_code, answer> done) mutable {
          s.get_childspec(std::move(n), std::move(done));
        });
  }

  /// Terminates the children in reverse order, and ends the supervisor. Gives up a start or restart
  /// that is in progress. Completes without an error when the supervisor has ended, for any reason;
  /// at once if it has not been started.
  asio::awaitable<void> stop() { return detail::co_stop(supervision_); }
  template <class Token>
  auto stop(Token&& token) {
    return detail::start_operation<std::error_code>(
        supervision_, std::forward<Token>(token),
        [](const detail::supervision_ref& s, detail::ticket t,
           detail::completion<std::error_code> done) { s.stop(t, std::move(done)); });
  }

  /// Waits until the supervisor has ended, also if it has not been started yet. No error means that
  /// it was stopped. Errors: that of `start`; `errc::reached_max_restart_intensity`;
  /// `errc::aborted`: it was destroyed; `errc::internal_failure`.
  asio::awaitable<void> join() { return detail::co_join(supervision_); }
  template <class Token>
  auto join(Token&& token) {
    return detail::start_operation<std::error_code>(
        supervision_, std::forward<Token>(token),
        [](const detail::supervision_ref& s, detail::ticket t,
           detail::completion<std::error_code> done) { s.join(t, std::move(done)); });
  }

  /// Returns all children, in the order of start. Does not wait for what is in progress. With a
  /// token: `void(std::vector<child_info>)`.
  asio::awaitable<std::vector<child_info>> which_children() {
    return detail::co_which_children(supervision_);
  }
  template <class Token>
  auto which_children(Token&& token) {
    return detail::start_operation<std::vector<child_info>>(
        supervision_, std::forward<Token>(token),
        [](const detail::supervision_ref& s, detail::ticket,
           detail::completion<std::vector<child_info>> done) {
          s.which_children(std::move(done));
        });
  }

  /// Counts the children. With a token: `void(child_counts)`.
  asio::awaitable<child_counts> count_children() { return detail::co_count_children(supervision_); }
  template <class Token>
  auto count_children(Token&& token) {
    return detail::start_operation<child_counts>(
        supervision_, std::forward<Token>(token),
        [](const detail::supervision_ref& s, detail::ticket,
           detail::completion<child_counts> done) { s.count_children(std::move(done)); });
  }

  /// Returns the children, and those of the supervisors among them, as text for people: one line
  /// per child. With a token: `void(std::string)`.
  asio::awaitable<std::string> tree() { return detail::co_tree(supervision_); }
  template <class Token>
  auto tree(Token&& token) {
    return detail::start_operation<std::string>(
        supervision_, std::forward<Token>(token),
        [](const detail::supervision_ref& s, detail::ticket, detail::completion<std::string> done) {
          s.tree(std::move(done));
        });
  }

  /// Returns the child of that name if it runs, or is being started or terminated, and its handler
  /// has that type. For a client of `std::reference_wrapper<H>` the type is `H`.
  template <class Handler>
  child_ref<Handler> find(std::string_view name) const {
    const auto running = supervision_.find(name);
    const detail::addressee* const client = running ? running->as_client() : nullptr;
    const bool found = client != nullptr && *client->type == typeid(Handler);
    return child_ref<Handler>(found ? client : nullptr, supervision_.serial());
  }

  /// The same as `find<Handler>(name).cast(message)`.
  template <class Handler, class Message>
  bool cast(std::string_view name, Message message) const {
    return find<Handler>(name).cast(std::move(message));
  }
  template <class Handler, class Message>
  bool cast(std::string_view name, Message message, std::error_code& error) const {
    return find<Handler>(name).cast(std::move(message), error);
  }

  /// The supervisor's strand.
  executor_type get_executor() const noexcept { return supervision_.serial(); }

 private:
  friend class child;
  using request = detail::supervision_ref::request;

  // `of` is a child's spec or name.
  template <class Child, class Token>
  auto ask(request what, Child of, Token&& token) {
    return detail::start_operation<std::error_code>(
        supervision_, std::forward<Token>(token),
        [what, o = std::move(of)](const detail::supervision_ref& s, detail::ticket t,
                                  detail::completion<std::error_code> done) mutable {
          s.ask(t, what, std::move(o), nullptr, std::move(done));
        });
  }

  detail::supervision_ref supervision_;
};

inline child::child(supervisor tree)
    : process_(detail::make_process(std::exchange(tree.supervision_, {}).get())) {}

}  // namespace wsx
