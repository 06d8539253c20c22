#pragma once

#include "cross_thread_notifier.hpp"

#include <wsx/error.hpp>
#include <wsx/transport/strand.hpp>

#include <atomic>
#include <cstdint>

namespace wsx::detail {

// The state of a client as other threads see it.
enum class phase : std::uint8_t {
  idle,
  connecting,
  open,
  closing,
  pausing,  // between connections, or at the end
  ended,    // all waiting operations have completed; a callback may still be running
  over,     // no callback is running either
};

// Everything in a client that a producer's `try_send` reads. The strand does not write it often,
// nor its neighbors in a client, so that its cache lines stay shared.
class gate {
 public:
  // The phase and the number of the connection: a producer always sees both together.
  class state {
   public:
    constexpr state(phase p, std::uint32_t connection) noexcept
        : bits_(std::uint64_t{connection} << phase_bits | static_cast<std::uint64_t>(p)) {}
    explicit constexpr state(std::uint64_t bits) noexcept : bits_(bits) {}

    phase current_phase() const noexcept {
      return static_cast<phase>(bits_ & ((1 << phase_bits) - 1));
    }
    std::uint32_t connection() const noexcept {
      return static_cast<std::uint32_t>(bits_ >> phase_bits);
    }
    std::uint64_t bits() const noexcept { return bits_; }
    bool ended() const noexcept { return current_phase() >= phase::ended; }
    bool operator==(const state&) const = default;

    // Returns `errc{}`, or why nothing can be sent.
    errc not_open() const noexcept {
      switch (current_phase()) {
        case phase::open: return errc{};
        case phase::closing: return errc::closing;
        default: return errc::not_connected;
      }
    }

   private:
    static constexpr int phase_bits = 8;
    std::uint64_t bits_;
  };

  // `s` must outlive the gate.
  explicit gate(const strand& s) noexcept : notifier_(s) {}

  state load() const noexcept { return state(state_.load(std::memory_order_acquire)); }
  // For producers: there is something to write.
  cross_thread_notifier& notifier() noexcept { return notifier_; }

  // For the strand.
  void set(state s) noexcept { state_.store(s.bits(), std::memory_order_release); }

 private:
  std::atomic<std::uint64_t> state_{state(phase::idle, 0).bits()};
  cross_thread_notifier notifier_;
};

}  // namespace wsx::detail
