#pragma once

namespace wsx::detail {

// A pair of fences, one of which costs nothing. A thread with a frequent operation calls
// `std::atomic_signal_fence` between a store and a load. A thread with a rare operation calls
// `asymmetric_fence` between its own. At least one of them then sees the other's store, as if both
// had called `std::atomic_thread_fence`: membarrier(2) makes all threads of the process pass a full
// fence.

// Returns whether the system supports it, and has never refused it.
bool has_asymmetric_fence() noexcept;

// Makes a system call. Returns false, and then always, if it is no longer available, for example
// after a sandbox was entered.
bool asymmetric_fence() noexcept;

}  // namespace wsx::detail
