#pragma once

namespace wsx::memory {

/// What the thread at hand keeps of this type for itself. Null once the thread's end has destroyed
/// it: a static client outlives what the main thread keeps.
template <class T>
T* kept_by_thread() noexcept {
  static thread_local bool gone = false;
  struct place {
    ~place() { gone = true; }
    T kept{};
  };
  static thread_local place of_thread;
  return gone ? nullptr : &of_thread.kept;
}

}  // namespace wsx::memory
