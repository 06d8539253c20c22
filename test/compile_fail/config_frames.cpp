// expect only: Asio was included before wsx, without what this compiler needs
// flags: -UASIO_DISABLE_AWAITABLE_FRAME_RECYCLING
// clang-format off
#include <asio/awaitable.hpp>

#include <wsx/wsx.hpp>
