#include "../test/protocol/transcript.hpp"
#include "input.hpp"

#include <memory>
#include <optional>

// What a server sends after the handshake: however it is cut, the client understands the same, with
// compression agreed on or not, by the message or by the piece.

namespace {

using namespace wsx::protocol;

struct agreement {
  delivery how;
  bool deflate;
  bool takeover;
};

message_assembler assembler_for(const agreement& a) {
  const message_limits limits{.max_message = 4096, .max_frame = 4096, .max_fragments = 16};
  std::optional<inflater> inflate;
  if (a.deflate) inflate.emplace(15, a.takeover);
  return message_assembler(limits, a.how, std::move(inflate));
}

std::string receive(const fuzz::pieces& input, const agreement& a) {
  message_assembler assembler = assembler_for(a);
  support::transcript said;
  for (const auto piece : input) {
    // A copy that ends where the piece does, for the address sanitizer.
    const auto copy = std::make_unique<char[]>(piece.size());
    std::copy(piece.begin(), piece.end(), copy.get());
    assembler.feed(wsx::as_bytes(std::string_view(copy.get(), piece.size())));
    said.take_all(assembler);
    if (said.violated()) break;
  }
  return said.str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const auto flags = in.byte();
  const agreement a{(flags & 1) != 0 ? delivery::fragments : delivery::messages, (flags & 2) != 0,
                    (flags & 4) != 0};
  const auto bytes = in.rest();
  const auto said = receive(fuzz::whole(bytes), a);
  fuzz::require(receive(fuzz::bytewise(bytes), a) == said);
  fuzz::require(receive(fuzz::cut(bytes, flags), a) == said);
  return 0;
}
