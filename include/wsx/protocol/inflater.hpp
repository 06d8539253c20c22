#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <system_error>

namespace wsx::protocol {

/// Inflates the messages of one connection, in bounded pieces. RFC 7692 7.2.2.
///
/// Memory: up to 40 KB from the first message on. Without context takeover it is held only within a
/// message, and comes from the thread's spares.
class inflater {
 public:
  /// `window_bits` is 8 to 15. With `context_takeover` a message may refer to earlier ones.
  WSX_API inflater(int window_bits, bool context_takeover) noexcept;
  WSX_API ~inflater();
  WSX_API inflater(inflater&&) noexcept;
  WSX_API inflater& operator=(inflater&&) noexcept;

  /// Sets the next bytes of a message's payload; `ends` says that no more follow. The previous
  /// input has been consumed. The bytes must live until they have been, too.
  WSX_API void feed(bytes_view input, bool ends) noexcept;

  /// Inflates as much as `room` holds and returns the number of bytes. If there are fewer than
  /// `room.size()`, the input has been consumed. Error: `errc::invalid_deflate_data`, after which
  /// nothing else may be called. Throws `std::bad_alloc`.
  WSX_API std::size_t read(std::span<std::byte> room, std::error_code& error);

  /// Returns the bytes of `feed` that have not been consumed.
  WSX_API bytes_view rest() const noexcept;

  /// Continues with these bytes in `copy`, where the caller has copied them.
  WSX_API void move_rest(const std::byte* copy) noexcept;

  /// Returns whether it is within a message, or the next message may refer to earlier ones.
  bool remembers() const noexcept { return context_ != nullptr; }

 private:
  struct context;

  std::size_t inflate_some(std::span<std::byte> room, std::error_code& error);
  void restart();
  bool next_input();
  bool within_tail() const noexcept;
  void finish(std::error_code& error);

  std::unique_ptr<context> context_;
  bytes_view input_{};
  int window_bits_;
  bool context_takeover_;
  bool ends_ = false;      // the message ends with `input_`
  bool tail_due_ = false;  // the bytes that end every message have not been inflated yet
  bool output_pending_ = false;
  bool between_blocks_ = true;  // the last byte consumed ended a block
};

}  // namespace wsx::protocol
