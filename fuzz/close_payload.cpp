#include "input.hpp"

#include <wsx/bytes.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/protocol/close_payload.hpp>

// A Close frame that is understood can be sent, and is the same then.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wsx::protocol;
  using wsx::memory::byte_buffer;
  fuzz::input in(data, size);
  const auto bytes = in.take(125);
  close_payload close;
  if (parse_close(wsx::as_bytes(bytes), close)) return 0;
  if (close.code) fuzz::require(!check_close(*close.code, close.reason));
  byte_buffer out;
  write_close(close, out);
  fuzz::require(wsx::as_chars(out.view()) == bytes);
  return 0;
}
