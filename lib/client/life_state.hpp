#pragma once

#include <cstdint>

namespace wsx::detail {

// The states in the life of a client. Each state except `idle` and `ended` does something, which
// ends with an outcome.
enum class life_state : std::uint8_t {
  idle,         // `connect` may be called
  dialing,      // an attempt to connect is under way
  greeting,     // the handler is called: `init`, `handle_connect`
  open,         // messages go both ways, or the closing handshake is under way
  asking,       // the handler decides: `handle_disconnect`
  pausing,      // until the next attempt
  terminating,  // the handler is called for the end: `terminate`
  ended,
};

enum class outcome : std::uint8_t {
  done,     // go on
  failed,   // the attempt failed, or the client itself
  gave_up,  // no connection was ever open, and the handler is not asked
  enough,   // the handler or the client's owner wants no further connection
  stopped,  // the client must end
  resting,  // there is nothing to do for now, and no need for a coroutine
};

// Returns the next state. RFC 6455 covers a single connection; this is how one follows another. A
// transition that is not listed ends the client.
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
