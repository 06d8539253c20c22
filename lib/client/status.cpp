#include "../module/module_count.hpp"
#include "../protocol/display.hpp"
#include "engine.hpp"
#include "handler_use.hpp"

#include <exception>
#include <utility>

// What a client is doing.

namespace wsx::detail {

namespace {

client_phase shown(phase p) noexcept {
  switch (p) {
    case phase::idle: return client_phase::idle;
    case phase::connecting: return client_phase::connecting;
    case phase::open: return client_phase::open;
    case phase::closing: return client_phase::closing;
    case phase::pausing: return client_phase::pausing;
    case phase::ended:
    case phase::over: break;
  }
  return client_phase::ended;
}

// A failure of the handler's member is not one of its callbacks: the client goes on.
std::string what_it_says(const any_handler& handler) {
  try {
    return handler.format_status();
  } catch (const std::exception& error) {
    return std::string("format_status threw: ") + error.what();
  } catch (...) {
    return "format_status threw";
  }
}

void describe(lifecycle& life, deadline::time_point now, client_status& status) {
  const auto known = life.known();
  const bool lives = life.state() != life_state::idle && life.state() != life_state::ended;
  if (lives) status.since = now - known.since;
  status.url = protocol::display_url(known.target.url);
  status.attempt = known.attempts;
  if (const link* const open = life.open().transport.get()) {
    status.connection = known.connection;
    status.tls = open->tls();
  }
  const close_reason& last = life.how_it_ended().reason();
  if (last.error || last.origin != close_origin::error) status.last_end = last;
}

void describe(const client_parts& parts, client_status& status) {
  status.phase = shown(parts.door.load().current_phase());
  status.modules = module_count().load(std::memory_order_relaxed);
  status.mailbox = parts.messages.size();
  const auto& outbox = parts.senders.outbox();
  status.senders = outbox.sources().size();
  for (const auto& source : outbox.sources())
    status.queued_bytes += static_cast<std::size_t>(source->outstanding());
  status.reply_bytes = outbox.unsent_bytes();
  status.stats = parts.counts.snapshot();
}

}  // namespace

void tell_status(const std::shared_ptr<engine>& client, completion<client_status> done) {
  operation_memory* const memory = done.memory();
  auto look = [client, done = std::move(done)]() mutable {
    client_status now;
    now.suspended = client->suspended();
    const client_parts& parts = client->parts();
    describe(parts, now);
    describe(client->life(), parts.time.now(), now);
    const handler_use use(*client);
    if (use && !client->gone()) now.handler = what_it_says(*parts.handler);
    done(std::move(now));
  };
  post_on(client->serial(), std::move(look), memory);
}

}  // namespace wsx::detail
