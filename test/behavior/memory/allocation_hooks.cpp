#include "allocation_hooks.hpp"

#include <cstdlib>

using namespace behavior_test;

namespace {

template <class Allocate>
void* allocate(allocation what, Allocate call) noexcept {
  if (!may_allocate(what)) return nullptr;
  void* const place = call();
  allocated(place);
  return place;
}

}  // namespace

// In place of the C library's.
extern "C" {

void* malloc(std::size_t size) noexcept {
  return allocate(allocation::fresh, [=] { return __libc_malloc(size); });
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  return allocate(allocation::fresh, [=] { return __libc_calloc(count, size); });
}

void* realloc(void* place, std::size_t size) noexcept {
  return allocate(allocation::resized, [=] {
    freed(place);
    return __libc_realloc(place, size);
  });
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return allocate(allocation::fresh, [=] { return __libc_memalign(alignment, size); });
}

void free(void* place) noexcept {
  freed(place);
  __libc_free(place);
}
}
