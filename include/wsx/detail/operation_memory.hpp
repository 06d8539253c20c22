#pragma once

#include <wsx/transport/strand.hpp>

#include <cstddef>
#include <utility>

namespace wsx::detail {

// The associated allocator of a completion handler without its type. It belongs to the handler: all
// memory must be deallocated before the handler is destroyed.
class operation_memory {
 public:
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void deallocate(void* place, std::size_t bytes) noexcept = 0;

 protected:
  ~operation_memory() = default;
};

// An allocator that uses an `operation_memory`. Asio deallocates memory before it destroys, or
// calls, the handler that was in it.
template <class T>
class operation_allocator {
 public:
  using value_type = T;

  explicit operation_allocator(operation_memory& memory) noexcept : memory_(&memory) {}
  template <class Other>
  operation_allocator(const operation_allocator<Other>& other) noexcept  // NOLINT: converts
      : memory_(other.memory_) {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
  void deallocate(T* place, std::size_t count) noexcept {
    memory_->deallocate(place, count * sizeof(T));
  }

  friend bool operator==(operation_allocator, operation_allocator) = default;

 private:
  template <class>
  friend class operation_allocator;

  operation_memory* memory_;
};

using wsx::dispatch_on;
using wsx::post_on;

// `post_on` with that memory; null: with memory that Asio recycles.
template <class Call>
void post_on(const strand& s, Call call, operation_memory* memory) {
  if (memory == nullptr) return wsx::post_on(s, std::move(call));
  wsx::post_on(s, std::move(call), operation_allocator<void>(*memory));
}

// `dispatch_on` with that memory, likewise.
template <class Call>
void dispatch_on(const strand& s, Call call, operation_memory* memory) {
  if (memory == nullptr) return wsx::dispatch_on(s, std::move(call));
  wsx::dispatch_on(s, std::move(call), operation_allocator<void>(*memory));
}

}  // namespace wsx::detail
