#pragma once

#include <wsx/config.hpp>

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/recording/record.hpp>

#include <cstdint>
#include <ostream>

namespace wsx::recording {

struct record_head;

/// Writes a recording to a stream, which must be binary and outlive this object. One thread at a
/// time.
///
/// A recording without an end is one that was cut: call `finish`. All members throw
/// `recording_error` if the stream fails.
class writer {
 public:
  /// Writes the header of the file.
  WSX_API explicit writer(std::ostream& to);

  WSX_API void write(const record& r);
  /// Writes a record in its encoded form. `head` is completed.
  WSX_API void write(record_head& head, bytes_view body);

  /// Writes the end, and flushes. Nothing can be written after it.
  WSX_API void finish();

 private:
  void put(bytes_view bytes);

  std::ostream& to_;
  std::uint32_t records_ = 0;
  memory::byte_buffer body_{};
};

}  // namespace wsx::recording
