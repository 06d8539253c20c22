#pragma once

#include <wsx/config.hpp>

#include <wsx/message.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace wsx {

/// What an offloaded handler does when messages arrive faster than its workers take them.
enum class overflow_policy : std::uint8_t {
  /// At the limit, nothing more is read: TCP makes the server wait.
  wait,
  /// At the limit, the oldest messages that no worker has begun are dropped.
  drop_oldest,
  /// Always: a message replaces the one of its key that no worker has begun. At the limit, which
  /// only other keys can reach, nothing more is read.
  conflate,
};

/// The settings of an offloaded handler.
struct offload_options {
  offload_options() = default;

  /// Sets one option and returns all of them:
  ///
  ///     wsx::offload_options()
  ///         .set(&wsx::offload_options::policy, wsx::overflow_policy::conflate)
  ///         .set(&wsx::offload_options::workers, 4)
  ///
  /// This is not an aggregate because an aggregate would break within a `co_await` expression; see
  /// `request`.
  template <class Option>
  offload_options& set(Option offload_options::*option, std::type_identity_t<Option> value) & {
    this->*option = std::move(value);
    return *this;
  }
  template <class Option>
  offload_options&& set(Option offload_options::*option, std::type_identity_t<Option> value) && {
    return std::move(set(option, std::move(value)));
  }

  overflow_policy policy = overflow_policy::wait;

  /// How many `handle_frame` of this handler run at a time, at most; 0: as many as the machine has
  /// threads. Coroutines that wait for something count as running.
  std::size_t workers = 0;

  // Limits on the messages that no worker has begun, and on the replies of workers that the strand
  // has not taken yet. A single message is always accepted.
  std::size_t max_messages = 1024;           ///< at least 1
  std::size_t max_bytes = 16 * 1024 * 1024;  ///< payload bytes

  /// Returns the key of a message: messages with the same key are handled one at a time, in order.
  /// It is called on the strand. Without it the handler's member `key(message)` is called, which
  /// may return an integer, an enumerator or a string. With neither, all messages have one key.
  std::function<std::string(const message&)> key{};
};

/// Counters of an offloaded handler, over all connections.
struct offload_stats {
  std::uint64_t queued = 0;     ///< messages accepted
  std::uint64_t handled = 0;    ///< `handle_frame` has returned
  std::uint64_t conflated = 0;  ///< replaced by a later message of their key
  std::uint64_t dropped = 0;    ///< by `drop_oldest`, or because the client or its connection ended
  std::uint64_t waits = 0;      ///< how often reading stopped
  std::uint64_t replies_dropped = 0;  ///< the connection of their message had ended
  std::size_t waiting = 0;            ///< messages that no worker has begun
  std::size_t waiting_bytes = 0;      ///< their payloads
  std::size_t running = 0;            ///< `handle_frame` that run
};

}  // namespace wsx
