#include <wsx/detail/abi.hpp>

namespace wsx::abi {

const char WSX_ABI_SOVERSION = 0;
const char WSX_ABI_ASIO = 0;
const char WSX_ABI_CACHE = 0;
const char WSX_ABI_TRACKING = 0;
const char WSX_ABI_BUFFERS = 0;
const char WSX_ABI_BLOCKS = 0;
const char WSX_ABI_THREADS = 0;
const char WSX_ABI_REACTOR = 0;
const char WSX_ABI_STDLIB = 0;

}  // namespace wsx::abi
