#include "../test/protocol/transcript.hpp"
#include "input.hpp"

#include <algorithm>
#include <memory>
#include <optional>

// What a server sends after the handshake: however it is cut, the client understands the same, with
// compression agreed on or not, by the message or by the piece. What a header violates is refused
// when it is complete.

namespace {

using namespace wsx::protocol;

struct agreement {
  delivery how;
  bool deflate;
  bool takeover;
};

constexpr message_limits limits{.max_message = 4096, .max_frame = 3000, .max_fragments = 16};

message_assembler assembler_for(const agreement& a) {
  std::optional<inflater> inflate;
  if (a.deflate) inflate.emplace(15, a.takeover);
  return message_assembler(limits, a.how, std::move(inflate));
}

std::string receive(const fuzz::pieces& input, const agreement& a) {
  message_assembler assembler = assembler_for(a);
  protocol_test::transcript said;
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

// Whether an assembler that got these bytes has found a violation.
bool refuses(std::string_view bytes, const agreement& a) {
  message_assembler assembler = assembler_for(a);
  protocol_test::transcript said;
  assembler.feed(wsx::as_bytes(bytes));
  said.take_all(assembler);
  return said.violated();
}

// What the headers say, read in another way than by the parser: all that is judged here are order
// and limits.
class headers {
 public:
  headers(std::string_view bytes, bool deflate) : left_(bytes), deflate_(deflate) {}

  // How many bytes there are up to the end of the first header that may not be; none if all may.
  std::optional<std::size_t> up_to_violation() {
    std::size_t taken = 0;
    while (left_.size() >= 2) {
      const unsigned first = at(0);
      const unsigned brief = at(1) & 0x7f;
      const std::size_t size = brief == 126 ? 4 : brief == 127 ? 10 : 2;
      if (left_.size() < size) break;
      std::uint64_t length = size == 2 ? brief : 0;
      for (std::size_t i = 2; i < size; ++i) length = length << 8 | at(i);
      taken += size;
      if (!may_be(first, length)) return taken;
      left_.remove_prefix(size);
      const auto payload = std::min<std::uint64_t>(length, left_.size());
      left_.remove_prefix(payload);
      taken += payload;
    }
    return std::nullopt;
  }

 private:
  unsigned at(std::size_t i) const { return static_cast<unsigned char>(left_[i]); }

  // RFC 6455 5.4, 10.4.
  bool may_be(unsigned first, std::uint64_t length) {
    if ((first & 0x08) != 0) return true;  // a control frame
    const bool continues = (first & 0x0f) == 0;
    if (continues != in_message_) return false;
    if (!continues) *this = headers(left_, deflate_, first);
    in_message_ = (first & 0x80) == 0;
    if (length > limits.max_frame || ++frames_ > limits.max_fragments) return false;
    if (!compressed_ && length > limits.max_message - size_) return false;
    size_ += length;
    return true;
  }

  headers(std::string_view left, bool deflate, unsigned first)
      : left_(left), deflate_(deflate), compressed_(deflate && (first & 0x40) != 0) {}

  std::string_view left_;
  bool deflate_;
  bool compressed_ = false;
  bool in_message_ = false;
  std::size_t frames_ = 0;
  std::uint64_t size_ = 0;
};

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
  if (const auto end = headers(bytes, a.deflate).up_to_violation())
    fuzz::require(refuses(bytes.substr(0, *end), a));
  return 0;
}
