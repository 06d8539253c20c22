#pragma once

#include <wsx/connection_info.hpp>
#include <wsx/detail/any_stream.hpp>
#include <wsx/memory/byte_buffer.hpp>

#include <cstdint>
#include <memory>

namespace wsx::detail {

// The result of a successful attempt to connect.
struct dialed {
  std::uint32_t number = 0;  // distinguishes its readiness from others'
  std::unique_ptr<any_stream> stream{};
  memory::byte_buffer early{};  // bytes received directly after the head of the response
  connection_info info{};
};

}  // namespace wsx::detail
