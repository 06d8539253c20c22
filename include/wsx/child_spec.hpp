#pragma once

#include <wsx/config.hpp>

#include <wsx/client.hpp>
#include <wsx/detail/process.hpp>
#include <wsx/request.hpp>
#include <wsx/transport/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <utility>

namespace wsx {

class supervisor;

/// Which children are restarted together with one that has ended.
enum class restart_strategy {
  one_for_one,   ///< only that child
  one_for_all,   ///< all others are terminated, then all are started
  rest_for_one,  ///< those behind it in the list are terminated, then it and they are started
};

/// When a child that has ended is restarted.
enum class restart_type {
  permanent,  ///< always
  transient,  ///< if it ended with an error, or with a code other than 1000
  temporary,  ///< never, not even by the strategy; its spec is removed when it ends
};

enum class child_state {
  not_running,  ///< ended and not restarted, terminated, or never started
  starting,
  running,
  restarting,  ///< a restart failed, and is tried again
  terminating,
};

/// What a supervisor runs: a client that is not connected yet, with its target, or a supervisor
/// that is not started yet.
class child {
 public:
  /// No child, as Erlang's `ignore`. Nothing is started, and that is not a failure.
  child() = default;
  template <class Handler, transport Transport>
  child(basic_client<Handler, Transport> client, request target) {
    using client_type = basic_client<Handler, Transport>;
    auto owner = std::make_shared<client_type>(std::move(client));
    const detail::addressee known{detail::client_access::engine_of(*owner), &owner->handler(),
                                  &typeid(typename client_type::handler_type),
                                  detail::kind_of(owner->handler())};
    process_ = detail::make_process(known, std::move(target), std::move(owner));
  }
  child(supervisor tree);  // NOLINT: converts by design

 private:
  friend class detail::supervisor_life;

  std::shared_ptr<detail::process> process_{};
};

/// A child, and how to run it. Not an aggregate, since GCC miscompiles aggregates in a `co_await`
/// expression: see `request`.
struct child_spec {
  /// Values for `shutdown`.
  static constexpr std::chrono::milliseconds brutal_kill{0};
  static constexpr std::chrono::milliseconds infinity = std::chrono::milliseconds::max();

  child_spec(std::string child_name, std::function<child()> make)
      : name(std::move(child_name)), start(std::move(make)) {}
  child_spec(std::string child_name, std::function<child()> make, restart_type when)
      : name(std::move(child_name)), start(std::move(make)), restart(when) {}
  child_spec(std::string child_name, std::function<child()> make, restart_type when,
             std::chrono::milliseconds limit)
      : name(std::move(child_name)), start(std::move(make)), restart(when), shutdown(limit) {}

  /// Erlang's `id`: unique among the children of the supervisor.
  std::string name;

  /// Makes the child for each start, so that each has a new handler. Called on the supervisor's
  /// strand. If it throws, the start fails: with the code of a `std::system_error`, otherwise with
  /// `errc::child_not_made`.
  std::function<child()> start;

  restart_type restart = restart_type::permanent;

  /// How long the child may take to close, with code 1001 (going away), before it is aborted.
  /// `brutal_kill` aborts it at once. With `infinity` only its own `close_timeout` counts. The
  /// default is 5 seconds for a client and `infinity` for a supervisor.
  std::optional<std::chrono::milliseconds> shutdown{};

  /// A client counts as started when its `connect` succeeds; the supervisor does nothing else until
  /// then. If false, it counts as started at once, and a `connect` that fails is an abnormal end.
  /// Use that for clients with `handle_first_failure`, or if a slow server must not delay the other
  /// children.
  bool wait_for_connect = true;
};

/// What `supervisor::which_children` returns for a child.
struct child_info {
  std::string name{};
  child_state state = child_state::not_running;
  restart_type restart = restart_type::permanent;
  bool is_supervisor = false;  ///< known once it has been started
  std::uint64_t starts = 0;    ///< how often it has been started

  friend bool operator==(const child_info&, const child_info&) = default;
};

/// What `supervisor::count_children` returns.
struct child_counts {
  std::size_t specs = 0;        ///< children, running or not
  std::size_t active = 0;       ///< children that run
  std::size_t supervisors = 0;  ///< children that are supervisors, running or not
  std::size_t workers = 0;      ///< children that are clients, running or not

  friend bool operator==(const child_counts&, const child_counts&) = default;
};

}  // namespace wsx
