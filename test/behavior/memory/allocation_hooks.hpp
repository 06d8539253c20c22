#pragma once

#include <cstddef>

// A program that allocation_hooks.cpp is part of defines these functions. They are called for
// whatever allocates, also by operator new, Asio and zlib.
namespace behavior_test {

enum class allocation { fresh, resized };

// Before memory is allocated. False: there is none.
bool may_allocate(allocation what) noexcept;

// Where it is, or null.
void allocated(void* place) noexcept;

// Before it is freed; `place` may be null.
void freed(void* place) noexcept;

}  // namespace behavior_test

// Those of the C library, which call nothing.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* place, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void __libc_free(void* place) noexcept;
}
