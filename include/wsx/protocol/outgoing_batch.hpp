#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/byte_buffer.hpp>
#include <wsx/protocol/frame_source.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wsx::protocol {

/// The bytes that are being written, and whose frames they are. Either copied together, or one
/// producer's, where they lie in its queue.
///
/// A batch that begins within a frame has the rest of it in front. Whole frames follow: control
/// frames, the rest of a message that was begun, staged frames, queued ones. The last may go on
/// beyond the batch.
class outgoing_batch {
 public:
  /// A stretch of the batch that came from one source.
  struct stretch {
    frame_source* source = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
    // What its end frees, in bytes of the queue: 0 if more of its frame is to come.
    std::uint64_t frees = 0;
    // Whole frames of the queue, as long there as in the batch.
    bool frames = false;
  };

  using offset = std::uint32_t;

  /// Where the parts of the batch begin and end.
  struct parts {
    offset whole_frames = 0;  ///< begin here
    offset control_end = 0;
    offset staged_begin = 0;
    offset staged_end = 0;
    bool within_message = false;  ///< a producer's is unfinished where the whole frames begin
  };

  std::size_t size() const noexcept { return view().size(); }
  offset end() const noexcept { return static_cast<offset>(size()); }
  bool empty() const noexcept { return view().empty(); }
  bool in_place() const noexcept { return !in_place_.empty(); }
  bool has_stretches() const noexcept { return !stretches_.empty(); }

  /// What is left to be written.
  bytes_view left() const noexcept { return view().subspan(written_); }

  std::size_t written() const noexcept { return written_; }

  /// To append to, while the batch is made.
  byte_buffer& buffer() noexcept { return copied_; }
  /// Makes frames that lie in a queue the whole batch.
  void set_in_place(bytes_view frames) noexcept { in_place_ = frames; }
  WSX_API void note(const stretch& s);
  struct parts& parts() noexcept {
    return parts_;
  }

  /// Counts bytes as written; true if none is left.
  bool wrote(std::size_t count) noexcept {
    written_ += count;
    return written_ == size();
  }

  /// Frees the frames that were written whole.
  void free_written() noexcept {
    if (!stretches_.empty()) free_stretches();
  }

  /// Where the first frame begins, or the batch ends, of which nothing is written, nor one of the
  /// next `committed` bytes, which the transport has to be given.
  WSX_API std::size_t next_frame(std::size_t committed) const noexcept;

  /// How many frames begin within [begin, end).
  WSX_API std::size_t count_frames(std::size_t begin, std::size_t end) const noexcept;

  /// Whether a message is unfinished where the frames before `position` end; `before` says whether
  /// one was where the whole frames begin.
  WSX_API bool open_at(std::size_t position, bool before) const noexcept;

  /// Takes back what is behind `position`, the beginning of a frame.
  WSX_API void truncate(std::size_t position) noexcept;

  /// Forgets everything, but keeps the memory.
  void clear() noexcept {
    stretches_.clear();
    copied_.clear();
    in_place_ = {};
    written_ = 0;
    parts_ = {};
  }
  void release_memory() noexcept { copied_.release(); }

 private:
  WSX_API void free_stretches() noexcept;
  bytes_view view() const noexcept { return in_place_.empty() ? copied_.view() : in_place_; }
  template <class Call>
  void for_each_frame(std::size_t begin, std::size_t end, Call call) const noexcept;

  byte_buffer copied_;
  bytes_view in_place_{};
  std::size_t written_ = 0;
  std::vector<stretch> stretches_;
  struct parts parts_ {};
};

}  // namespace wsx::protocol
