#include "raw_frames.hpp"

#include "../common/payload.hpp"

#include <wsx/protocol/frame_encoder.hpp>

#include <algorithm>

namespace bench::raw {

std::string client_frame(std::size_t payload_size) {
  constexpr wsx::protocol::mask_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                                        std::byte{0x3d}};
  std::string frame(static_cast<std::size_t>(wsx::protocol::frame_size(payload_size)), '\0');
  wsx::protocol::encode_frame(reinterpret_cast<std::byte*>(frame.data()), {},
                              wsx::as_bytes(ascii_payload(payload_size)), key);
  return frame;
}

std::size_t server_frame_size(std::size_t payload_size) {
  return client_frame(payload_size).size() - sizeof(wsx::protocol::mask_key);
}

std::string filled_chunk(const std::string& frame) {
  return repeated(frame, std::max<std::size_t>(1, chunk_size / frame.size()));
}

std::string repeated(const std::string& frame, std::size_t count) {
  std::string chunk;
  chunk.reserve(count * frame.size());
  while (count-- > 0) chunk += frame;
  return chunk;
}

}  // namespace bench::raw
