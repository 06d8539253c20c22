// What most tests include, precompiled for clang. A test still includes what it uses: g++ compiles
// it without this header.
#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/virtual_clock.hpp>
#include <wsx/wsx.hpp>

#include <asio.hpp>
#include <doctest/doctest.h>
