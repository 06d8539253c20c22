#pragma once

#include <wsx/connection_info.hpp>
#include <wsx/detail/any_stream.hpp>
#include <wsx/memory/byte_buffer.hpp>

#include <memory>

namespace wsx::detail {

// An attempt to connect that succeeded.
struct dialed {
  std::unique_ptr<any_stream> stream{};
  memory::byte_buffer early{};  // what came right behind the head of the handshake's response
  connection_info info{};
};

}  // namespace wsx::detail
