#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>

#include <memory>

namespace wsx::protocol {

/// How a `deflater` compresses.
struct deflater_settings {
  int level = 6;         ///< 0 to 9
  int memory_level = 8;  ///< 1 to 9
  int window_bits = 15;  ///< 8 to 15
  bool context_takeover = true;

  bool operator==(const deflater_settings&) const = default;
};

/// Compresses the messages of one connection. RFC 7692 7.2.1.
///
/// Memory: up to 268 KB, depending on the settings, from the first message on. Without context
/// takeover it is held only within a message, and comes from the thread's spares.
class deflater {
 public:
  /// What ends with a part of a message. After `nothing`, some of its output may come later; after
  /// `fragment`, the receiver can inflate it at once.
  enum class flush { nothing, fragment, message };

  WSX_API explicit deflater(const deflater_settings& settings) noexcept;
  WSX_API ~deflater();
  WSX_API deflater(deflater&&) noexcept;
  WSX_API deflater& operator=(deflater&&) noexcept;

  /// Compresses the next part of a message and appends the output to `out`: the payload of one or
  /// more frames. Throws `std::bad_alloc`.
  WSX_API void write(bytes_view part, flush how, memory::byte_buffer& out);

  /// Releases the memory, between messages. The next message does not refer to earlier ones.
  WSX_API void release() noexcept;

 private:
  struct context;

  void compress(bytes_view part, bool all, memory::byte_buffer& out);

  deflater_settings settings_;
  std::unique_ptr<context> context_;
};

}  // namespace wsx::protocol
