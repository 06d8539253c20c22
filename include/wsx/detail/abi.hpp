#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <asio/awaitable.hpp>
#include <asio/version.hpp>

// Variables named after what changes the layout or the meaning of Asio's types, and after the
// version of wsx. Only a library that was built alike defines them all. Any other program fails to
// link, or to load, at the name that differs. The settings in config.hpp can't differ and have no
// name here.

#define WSX_JOINED_(a, b) a##b
#define WSX_JOINED(a, b) WSX_JOINED_(a, b)

#define WSX_ABI_SOVERSION WSX_JOINED(wsx_, WSX_SOVERSION)
#define WSX_ABI_ASIO WSX_JOINED(asio_, ASIO_VERSION)
#define WSX_ABI_CACHE WSX_JOINED(asio_recycling_cache_, ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE)

#if defined(ASIO_ENABLE_HANDLER_TRACKING) || defined(ASIO_CUSTOM_HANDLER_TRACKING)
#define WSX_ABI_TRACKING asio_handler_tracking_on
#else
#define WSX_ABI_TRACKING asio_handler_tracking_off
#endif

#if defined(ASIO_ENABLE_BUFFER_DEBUGGING) || \
    (defined(_GLIBCXX_DEBUG) && !defined(ASIO_DISABLE_BUFFER_DEBUGGING))
#define WSX_ABI_BUFFERS asio_buffer_debugging_on
#else
#define WSX_ABI_BUFFERS asio_buffer_debugging_off
#endif

#if defined(ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
#define WSX_ABI_BLOCKS asio_small_block_recycling_off
#else
#define WSX_ABI_BLOCKS asio_small_block_recycling_on
#endif

#if defined(ASIO_HAS_THREADS)
#define WSX_ABI_THREADS asio_threads_on
#else
#define WSX_ABI_THREADS asio_threads_off
#endif

#if defined(ASIO_HAS_IO_URING_AS_DEFAULT)
#define WSX_ABI_REACTOR asio_reactor_io_uring
#elif defined(ASIO_HAS_IO_URING)
#define WSX_ABI_REACTOR asio_reactor_with_io_uring
#elif defined(ASIO_HAS_EPOLL)
#define WSX_ABI_REACTOR asio_reactor_epoll
#elif defined(ASIO_HAS_KQUEUE)
#define WSX_ABI_REACTOR asio_reactor_kqueue
#else
#define WSX_ABI_REACTOR asio_reactor_other
#endif

#if defined(_LIBCPP_VERSION)
#define WSX_ABI_STDLIB stdlib_libcxx
#elif defined(_GLIBCXX_DEBUG)
#define WSX_ABI_STDLIB stdlib_libstdcxx_debug
#elif defined(_GLIBCXX_USE_CXX11_ABI) && _GLIBCXX_USE_CXX11_ABI == 0
#define WSX_ABI_STDLIB stdlib_libstdcxx_old_strings
#elif defined(__GLIBCXX__)
#define WSX_ABI_STDLIB stdlib_libstdcxx
#else
#define WSX_ABI_STDLIB stdlib_other
#endif

// The C++ ABI of the compiler. Programs and the library may differ in it, modules may not.
#if defined(__clang__)
#define WSX_ABI_COMPILER WSX_JOINED(clang_, __GXX_ABI_VERSION)
#elif defined(__GNUC__)
#define WSX_ABI_COMPILER WSX_JOINED(gcc_, __GXX_ABI_VERSION)
#else
#define WSX_ABI_COMPILER compiler_other
#endif

#if defined(ASIO_HAS_STD_ALIGNED_ALLOC)
#define WSX_ABI_ALIGNED asio_aligned_alloc_on
#else
#define WSX_ABI_ALIGNED asio_aligned_alloc_off
#endif

// To be raised with each change of a class that a module's handler is compiled with: any_handler,
// callback_context, session, incoming, action, mail, handler_info, module_entry and their parts.
#define WSX_ABI_HANDLERS handlers_2

#define WSX_TEXT_(...) #__VA_ARGS__
#define WSX_TEXT(...) WSX_TEXT_(__VA_ARGS__)

namespace wsx::abi {

WSX_API extern const char WSX_ABI_SOVERSION;
WSX_API extern const char WSX_ABI_ASIO;
WSX_API extern const char WSX_ABI_CACHE;
WSX_API extern const char WSX_ABI_TRACKING;
WSX_API extern const char WSX_ABI_BUFFERS;
WSX_API extern const char WSX_ABI_BLOCKS;
WSX_API extern const char WSX_ABI_THREADS;
WSX_API extern const char WSX_ABI_REACTOR;
WSX_API extern const char WSX_ABI_STDLIB;

// All of these words. A module has them in a note.
constexpr char stamp[] =
    WSX_TEXT(WSX_ABI_SOVERSION WSX_ABI_HANDLERS WSX_ABI_COMPILER WSX_ABI_STDLIB WSX_ABI_ASIO
                 WSX_ABI_CACHE WSX_ABI_TRACKING WSX_ABI_BUFFERS WSX_ABI_BLOCKS WSX_ABI_THREADS
                     WSX_ABI_REACTOR WSX_ABI_ALIGNED);

// Returns the address of something in the library.
constexpr const void* library() noexcept {
  return &WSX_ABI_SOVERSION;
}

// Makes the linker look for the names. The call itself compiles to nothing, and a unit that only
// includes this header looks for nothing.
inline void require_same() noexcept {
#if defined(__GNUC__)
#if defined(__ELF__) && __has_attribute(retain)
  [[gnu::used, gnu::retain]]
#else
  [[gnu::used]]
#endif
  static const void* const names[] = {
      &WSX_ABI_SOVERSION, &WSX_ABI_ASIO,    &WSX_ABI_CACHE,   &WSX_ABI_TRACKING, &WSX_ABI_BUFFERS,
      &WSX_ABI_BLOCKS,    &WSX_ABI_THREADS, &WSX_ABI_REACTOR, &WSX_ABI_STDLIB,
  };
#endif
}

}  // namespace wsx::abi

// lib/abi.cpp, which defines the names, needs the macros.
#if !defined(WSX_BUILDING)
#undef WSX_JOINED_
#undef WSX_JOINED
#undef WSX_ABI_SOVERSION
#undef WSX_ABI_ASIO
#undef WSX_ABI_CACHE
#undef WSX_ABI_TRACKING
#undef WSX_ABI_BUFFERS
#undef WSX_ABI_BLOCKS
#undef WSX_ABI_THREADS
#undef WSX_ABI_REACTOR
#undef WSX_ABI_STDLIB
#undef WSX_ABI_COMPILER
#undef WSX_ABI_ALIGNED
#undef WSX_ABI_HANDLERS
#undef WSX_TEXT_
#undef WSX_TEXT
#endif
