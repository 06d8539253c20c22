#pragma once

#include "descriptor.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace bench {

/// What came of a read or a write. No bytes of an open stream: not now.
struct transfer {
  std::size_t bytes = 0;
  bool open = true;
};

/// The server's end of a connection; never blocks.
class stream {
 public:
  virtual ~stream() = default;

  virtual transfer read_some(std::span<char> room) = 0;
  virtual transfer write_some(std::string_view bytes) = 0;

  /// Whether bytes may wait here that the socket does not tell of.
  virtual bool holds_back() const { return false; }
};

std::unique_ptr<stream> make_plain_stream(descriptor socket);

}  // namespace bench
