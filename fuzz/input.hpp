#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

/// What the targets share.
namespace fuzz {

/// What has to hold whatever the input is. Aborts, which libFuzzer reports with the input.
inline void require(bool holds,
                    const std::source_location& where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: this does not hold\n", where.file_name(), where.line());
  std::abort();
}

/// What is made for people: bounded, and without control characters.
inline void require_displayable(std::string_view text) {
  require(text.size() < 1024);
  for (const unsigned char c : text) require(c >= 0x20 && c != 0x7f);
}

/// The input, read from the left. Beyond its end there are zeros.
class input {
 public:
  input(const std::uint8_t* data, std::size_t size)
      : left_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }

  /// One of `count`.
  std::size_t choice(std::size_t count) { return byte() % count; }

  bool empty() const { return left_.empty(); }

  std::string_view take(std::size_t size) {
    const auto taken = left_.substr(0, size);
    left_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest() { return take(left_.size()); }

 private:
  std::string_view left_;
};

using pieces = std::vector<std::string_view>;

inline pieces whole(std::string_view bytes) {
  return {bytes};
}

inline pieces bytewise(std::string_view bytes) {
  pieces result;
  for (std::size_t i = 0; i < bytes.size(); ++i) result.push_back(bytes.substr(i, 1));
  return result;
}

/// Cut anywhere, by a seed.
inline pieces cut(std::string_view bytes, std::uint32_t seed) {
  pieces result;
  while (!bytes.empty()) {
    seed = seed * 1'664'525 + 1'013'904'223;
    const std::size_t size = (seed >> 16) % 17;
    result.push_back(bytes.substr(0, size));
    bytes.remove_prefix(result.back().size());
  }
  return result;
}

}  // namespace fuzz
