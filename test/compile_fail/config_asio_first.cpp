// expect only: Asio was included before wsx, with other settings than wsx has
// flags: -UASIO_NO_DEPRECATED
// clang-format off
#include <asio/any_io_executor.hpp>

#include <wsx/wsx.hpp>
