#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>
#include <wsx/recording/record.hpp>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <span>
#include <string>
#include <string_view>

namespace wsx::recording {

/// Reads a recording from a stream, which must be binary and outlive this object. One thread at a
/// time.
///
/// The file may be anything. It is checked for truncation, corruption, and records that are
/// missing, doubled or in another order. Whatever it says, not much more memory is used than it has
/// bytes.
class reader {
 public:
  /// The longest body of a record that is accepted by default.
  static constexpr std::size_t default_max_body = 64 * 1024 * 1024;

  /// Reads the header of the file. Throws `recording_error` if it is not one of a recording, or of
  /// a version that is not known.
  WSX_API explicit reader(std::istream& from, std::size_t max_body = default_max_body);

  /// Reads the next record into `r`, whose memory is reused. Returns false after the last one.
  /// Throws `recording_error`, with the number of the record and its place in the file.
  WSX_API bool next(record& r);

 private:
  void read(std::span<std::byte> place, std::string_view what);
  void read_body(std::size_t size);
  void end(std::uint64_t records);
  [[noreturn]] void fail(std::string_view why) const;

  std::istream& from_;
  const std::size_t max_body_;
  std::string body_{};
  std::uint64_t offset_ = 0;   // of the next byte
  std::uint64_t records_ = 0;  // read so far
  std::int64_t monotonic_;     // of the last one
  bool ended_ = false;
};

}  // namespace wsx::recording
