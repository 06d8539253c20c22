#pragma once

#include <wsx/config.hpp>

// WSX_API marks what the library exports. Compiling the library itself defines WSX_BUILDING;
// using a static library defines WSX_STATIC (the build description does both).
#if defined(WSX_STATIC)
#define WSX_API
#elif defined(_WIN32)
#if defined(WSX_BUILDING)
#define WSX_API __declspec(dllexport)
#else
#define WSX_API __declspec(dllimport)
#endif
#else
#define WSX_API __attribute__((visibility("default")))
#endif

// WSX_API_TYPE marks polymorphic classes whose type information a module compiled with
// -fvisibility=hidden shares with the library.
#if defined(_WIN32)
#define WSX_API_TYPE
#else
#define WSX_API_TYPE __attribute__((visibility("default")))
#endif
