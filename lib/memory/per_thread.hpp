#pragma once

namespace wsx::memory {

/// Returns the current thread's object of this type. Null after the end of the thread has destroyed
/// it: a static client outlives the objects of the main thread.
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
