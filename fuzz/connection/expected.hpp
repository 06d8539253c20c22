#pragma once

#include <wsx/bytes.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/connection.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// What the target of a connection agrees on, and what it should give out.
namespace fuzz {

using namespace wsx::protocol;
using namespace std::chrono_literals;

inline constexpr message_limits limits{
    .max_message = 500'000, .max_frame = 400'000, .max_fragments = 16};

struct terms {
  wsx::options options;
  reception wanted;

  explicit terms(unsigned flags) {
    options.max_message_size = limits.max_message;
    options.max_frame_size = limits.max_frame;
    options.max_fragments = limits.max_fragments;
    options.max_reply_bytes = 4096;
    options.ping_timeout = 15s;
    if ((flags & 1) != 0) options.ping_interval = 0s;
    if ((flags & 2) != 0) options.deflate.emplace().threshold = 16;
    if ((flags & 4) != 0) wanted.how = delivery::fragments;
    wanted.text = (flags & 8) == 0;
    wanted.binary = (flags & 16) == 0;
    wanted.pings = (flags & 32) != 0;
  }

  std::optional<deflate_agreement> deflate() const {
    return options.deflate ? std::optional(deflate_agreement()) : std::nullopt;
  }
};

/// What was given out, so that it can be compared: where pieces are cut is up to the input.
inline void note(std::string& log, char kind, wsx::bytes_view payload, bool first = true,
                 bool last = true) {
  if (first) log.append("<").push_back(kind);
  log += wsx::as_chars(payload);
  if (last) log += ">";
}

template <class From>
char kind_of(const From& piece) {
  return piece.message_kind() == wsx::opcode::text ? 't' : 'b';
}

/// What comes of some bytes: what is given out, and whether there is a Close behind.
struct outcome {
  std::string log{};
  bool closed = false;
};

/// What an assembler makes of all that came, in one input.
inline outcome expected(std::string_view bytes, const terms& t) {
  std::optional<inflater> inflate;
  if (t.options.deflate) inflate.emplace(15, true);
  message_assembler a(limits, t.wanted.how, std::move(inflate));
  a.feed(wsx::as_bytes(bytes));
  outcome result;
  for (;;) {
    switch (a.next()) {
      case receive_event::text: note(result.log, 't', a.payload()); break;
      case receive_event::binary: note(result.log, 'b', a.payload()); break;
      case receive_event::fragment:
        note(result.log, kind_of(a), a.payload(), a.first(), a.last());
        break;
      case receive_event::ping:
        if (t.wanted.pings) note(result.log, 'i', a.payload());
        break;
      case receive_event::pong: note(result.log, 'o', a.payload()); break;
      case receive_event::more: break;
      case receive_event::close: result.closed = true; return result;
      default: return result;
    }
  }
}

/// A copy that ends where the bytes do, for the address sanitizer.
class exact_copy {
 public:
  explicit exact_copy(wsx::bytes_view bytes)
      : size_(bytes.size()), bytes_(std::make_unique<std::byte[]>(bytes.size())) {
    std::ranges::copy(bytes, bytes_.get());
  }
  wsx::bytes_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace fuzz
