// Asio may come first in a unit that is compiled with the flags of the .pc file.
// clang-format off
#include <asio/any_io_executor.hpp>

#include <wsx/config.hpp>
