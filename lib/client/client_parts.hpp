#pragma once

#include "callers.hpp"
#include "counters.hpp"
#include "deadline.hpp"
#include "ending.hpp"
#include "gate.hpp"
#include "inbox.hpp"
#include "observers.hpp"
#include "producers.hpp"
#include "shared_options.hpp"

#include <wsx/detail/any_handler.hpp>
#include <wsx/detail/any_stream.hpp>
#include <wsx/options.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsx::detail {

// The parts of a client besides its lifecycle.
struct client_parts {
  client_parts(asio::any_io_executor executor, wsx::options o, stream_factory streams,
               std::unique_ptr<any_handler> h)
      : serial(as_strand(std::move(executor))),
        door(serial),
        options(share_options(std::move(o))),
        make_stream(streams),
        handler(std::move(h)),
        messages(options->mailbox_size),
        senders(options->max_reply_bytes),
        time(serial, client_clock(serial.get_inner_executor())) {}

  // What the transports share. Only one that uses TLS keeps them, so they are made for each attempt
  // unless the last one still has them.
  const std::shared_ptr<transport_settings>& share_transport_settings() {
    if (!transport) {
      transport = std::make_shared<transport_settings>();
      transport->tls = {options, &options->tls};
      transport->dial = {options, &options->dial};
    }
    return transport;
  }
  void release_transport_settings() noexcept {
    if (transport.use_count() == 1) transport.reset();
  }

  void count_dropped() noexcept { counts.replies_dropped.set(senders.outbox().staged_dropped()); }

  // Completes the waiting `connect`, if there is one: with success, or with `error` and its details
  // from `end`, as far as there is memory for them.
  void complete_connect(std::error_code error, const ending& end, std::string_view url) {
    auto* const details = error ? waiting.connect_details() : nullptr;
    try {
      if (details != nullptr) *details = end.details_for_connect(error, *options, url);
    } catch (const std::bad_alloc&) {}
    waiting.connected(error);
  }

  // The client has ended: completes all waiting operations. `unopened` is the error of a `connect`
  // if the end has none.
  void complete_waiters(const ending& end, std::error_code unopened, std::string_view url) {
    messages.close();
    const auto error = end.error();
    complete_connect(error ? error : unopened, end, url);
    senders.fail(end.unsent_error());
    waiting.closed(end.reason().error);
    waiting.ended(error, end.reason());
  }

  const strand serial;
  gate door;
  const std::shared_ptr<const wsx::options> options;  // other clients may share them
  const stream_factory make_stream;
  std::shared_ptr<transport_settings> transport{};
  std::unique_ptr<any_handler> handler;
  callers waiting;
  inbox messages;
  producers senders;
  deadline time;
  counters counts;
  observers events;
  std::uint32_t transports = 0;  // how many there were: their numbers tell late readiness apart
};

}  // namespace wsx::detail
