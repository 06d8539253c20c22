#include "blast.hpp"

#include "../common/payload.hpp"

#include <wsx/testing/server_deflate.hpp>
#include <wsx/testing/server_frame.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace bench {

namespace {

namespace testing = wsx::testing;

constexpr std::size_t chunk_size = 256 * 1024;
constexpr std::size_t max_size = 64 * 1024 * 1024;

struct message_kind {
  std::uint8_t opcode;
  std::string (*payload)(std::size_t size);
};

const message_kind* find_kind(std::string_view name) {
  static const std::map<std::string_view, message_kind> kinds{
      {"binary", {testing::opcodes::binary, ascii_payload}},
      {"text", {testing::opcodes::text, ascii_payload}},
      {"mixed", {testing::opcodes::text, mixed_payload}}};
  const auto found = kinds.find(name);
  return found == kinds.end() ? nullptr : &found->second;
}

std::string plain_chunk(const message_kind& kind, std::size_t size) {
  const std::string frame =
      testing::encode_server_frame({.opcode = kind.opcode, .payload = kind.payload(size)});
  std::string chunk = frame;
  while (chunk.size() + frame.size() <= chunk_size) chunk += frame;
  return chunk;
}

// Nothing in it refers to what goes before it, so that it may follow itself.
std::string compressed_chunk(const message_kind& kind, std::size_t size,
                             const deflate_terms& terms) {
  testing::server_deflater compress(terms.window_bits, 6);
  std::string chunk;
  for (const auto& payload : feed_payloads(size, chunk_size / size + 2)) {
    if (!terms.context_takeover) compress.reset();
    chunk += testing::encode_server_frame(
        {.opcode = kind.opcode, .payload = compress.message(payload), .rsv = testing::rsv1});
  }
  return chunk;
}

}  // namespace

chunk_ptr blast_chunk(std::string_view path, const std::optional<deflate_terms>& terms) {
  const auto slash = path.find('/');
  const auto* const kind = find_kind(path.substr(0, slash));
  std::size_t size = 0;
  if (slash != path.npos) std::from_chars(path.data() + slash + 1, path.data() + path.size(), size);
  if (kind == nullptr || size == 0 || size > max_size) return nullptr;

  static std::map<std::pair<std::string, std::optional<deflate_terms>>, chunk_ptr> known;
  auto& chunk = known[{std::string(path), terms}];
  if (!chunk)
    chunk = std::make_shared<const std::string>(terms ? compressed_chunk(*kind, size, *terms)
                                                      : plain_chunk(*kind, size));
  return chunk;
}

}  // namespace bench
