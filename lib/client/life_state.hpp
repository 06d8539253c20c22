#pragma once

#include <cstdint>

namespace wsx::detail {

// Where the life of a client has got to. Each state but `idle` and `ended` has something to do,
// which ends with an outcome.
enum class life_state : std::uint8_t {
  idle,         // `connect` may be called
  dialing,      // an attempt to connect is under way
  greeting,     // the handler is told of the connection: `init`, `handle_connect`
  open,         // messages go both ways, or the closing handshake is under way
  asking,       // the handler is asked what to do: `handle_disconnect`
  pausing,      // until the next attempt
  terminating,  // the handler is told of the end: `terminate`
  ended,
};

enum class outcome : std::uint8_t {
  done,     // go on
  failed,   // the attempt, or something within the client
  gave_up,  // nobody wants the connection any more, and there was none
  enough,   // the handler, or the client's owner, wants no other connection
  stopped,  // the client is to end
  resting,  // there is nothing to do for now, and no coroutine is needed until there is
};

// What follows. RFC 6455 covers a single connection; this is how one follows another. Whatever is
// not listed ends the client.
constexpr life_state next_state(life_state from, outcome how) noexcept {
  struct transition {
    life_state from;
    outcome how;
    life_state to;
  };
  using enum life_state;
  using enum outcome;
  constexpr transition transitions[] = {
      {dialing, done, greeting}, {dialing, failed, asking},  {dialing, gave_up, idle},
      {greeting, done, open},    {greeting, failed, asking}, {open, done, asking},
      {open, failed, asking},    {asking, done, pausing},    {asking, gave_up, idle},
      {pausing, done, dialing},  {terminating, done, ended},
  };
  for (const auto& each : transitions) {
    if (each.from == from && each.how == how) return each.to;
  }
  return terminating;
}

}  // namespace wsx::detail
