#pragma once

#include <wsx/config.hpp>

#include <wsx/bytes.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/export.hpp>
#include <wsx/recording/record.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <span>
#include <string_view>

namespace wsx {

/// The settings of a flight recorder.
struct recorder_options {
  /// How much memory there is for records; allocated once.
  std::size_t memory = 16 * 1024 * 1024;

  /// Changes a payload before it is recorded, to remove secrets: the bytes may be overwritten. A
  /// payload for which it throws is not recorded, only its size. Called by the thread that records;
  /// calls do not overlap.
  std::function<void(const recording::frame_facts& facts, std::span<std::byte> payload)> redact{};
};

/// Keeps the last frames and connections of a client in memory, to write them to a file when
/// something has gone wrong. `recorded<Handler>` fills it. If the memory is full, the oldest
/// records are dropped.
///
/// One thread at a time may record; any thread may take a snapshot meanwhile. Recording allocates
/// nothing per frame, never waits for the system, and never throws.
///
///     const auto recorder = std::make_shared<wsx::flight_recorder>();
///     // ... later, on any thread ...
///     recorder->snapshot("feed.wsxrec");
class flight_recorder {
 public:
  flight_recorder() : flight_recorder(recorder_options()) {}
  WSX_API explicit flight_recorder(recorder_options options);
  WSX_API ~flight_recorder();
  flight_recorder(const flight_recorder&) = delete;
  flight_recorder& operator=(const flight_recorder&) = delete;

  /// Records a frame, with its payload or the beginning of it. What is longer than a quarter of the
  /// memory is cut.
  WSX_API void frame(const recording::frame_facts& facts, bytes_view payload) noexcept;

  /// Records a frame with `size` bytes of its payload, which `copy` writes to the place that it is
  /// called with. The place may be smaller.
  template <class Copy>
  void frame(const recording::frame_facts& facts, std::size_t size, Copy copy) noexcept {
    frame_with(facts, size, &copy,
               [](void* what, std::span<std::byte> place) { (*static_cast<Copy*>(what))(place); });
  }

  WSX_API void connected(const connection_info& connection) noexcept;
  WSX_API void ended(recording::ended::of what, const close_reason& reason) noexcept;
  WSX_API void handler_replaced(std::string_view old_version,
                                std::string_view new_version) noexcept;

  /// Writes everything that is recorded, up to now, to a file. It is written beside the file, and
  /// then replaces it. Recording goes on; it waits at most for a copy of 256 KiB, or of one record.
  /// Throws `recording::recording_error`.
  WSX_API void snapshot(const std::filesystem::path& file) const;
  WSX_API void snapshot(std::ostream& to) const;

 private:
  class impl;
  using copy_function = void (*)(void* what, std::span<std::byte> place);

  WSX_API void frame_with(const recording::frame_facts& facts, std::size_t size, void* what,
                          copy_function copy) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace wsx
