#pragma once

namespace wsx::detail {

// One half of a pair of fences, the other half of which costs nothing. A thread that does something
// often calls `std::atomic_signal_fence` between a store and a load; another, that does something
// seldom, calls `asymmetric_fence` between its own. Then at least one of the two sees what the
// other has stored, as if both had called `std::atomic_thread_fence`: membarrier(2) makes all
// threads of the process pass a full fence.

// Whether the system has it, and has never refused it.
bool has_asymmetric_fence() noexcept;

// A system call. False if it is not to be had any more, as after a sandbox was closed: then it
// never will be.
bool asymmetric_fence() noexcept;

}  // namespace wsx::detail
