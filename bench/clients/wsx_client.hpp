#pragma once

#include "figures.hpp"
#include "plan.hpp"

#include <wsx/wsx.hpp>

#include <fmt/format.h>

#include <string>

// wsx as an application would use it: handlers of plain member functions, `wsx::client`.

namespace bench {

figures wsx_receive(const plan& p);

/// `try_send` until the queue is full, then one `send` to wait for room.
figures wsx_try_send(const plan& p);
/// `co_await send` for each message.
figures wsx_send(const plan& p);
/// The first of these from a thread of its own, through a `wsx::sender`.
figures wsx_send_from_thread(const plan& p);

/// A handler that answers each answer with the next message.
figures wsx_echo(const plan& p);

/// How late a timer is beside a client that is flooded.
figures wsx_lateness(const plan& p);

figures wsx_idle(const plan& p);
figures wsx_connect(const plan& p);

inline std::string url_of(const plan& p) {
  return fmt::format("{}://127.0.0.1:{}{}", p.tls() ? "wss" : "ws", p.port, path_of(p));
}

inline wsx::options options_of(const plan& p) {
  wsx::options o;
  o.tls.ca_file = p.ca_file;
  static const auto share = wsx::make_tls_share();
  o.tls.share = share;
  if (p.deflate) o.deflate = wsx::deflate_options{};
  if (p.deflate && p.each_alone) {
    o.deflate->client_no_context_takeover = true;
    o.deflate->memory_level = 4;
  }
  if (p.max_turn) o.max_turn = *p.max_turn;
  // With many connections each has to cost less.
  if (p.connections >= 100) o.send_queue_size = 64 * 1024;
  return o;
}

/// For those who only send, or only wait.
struct silent {
  void handle_frame(wsx::binary) {}
};

}  // namespace bench
