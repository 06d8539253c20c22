// expect only: Asio was included before wsx, without what this compiler needs
// flags: -UASIO_HAS_CO_AWAIT -DASIO_DISABLE_CO_AWAIT
// clang-format off
#include <asio/any_io_executor.hpp>

#include <wsx/wsx.hpp>
