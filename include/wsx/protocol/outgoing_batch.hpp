#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/frame_source.hpp>
#include <wsx/protocol/mask.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace wsx::protocol {

/// The bytes that are being written, which producers own them, and whose message is unfinished
/// after them. They are either copied together, or frames of one producer in its queue.
///
/// A batch that begins within a frame starts with the rest of it. Whole frames follow: control
/// frames, the rest of a message that was begun, staged frames, queued frames. The last one may
/// continue after the batch.
class outgoing_batch {
 public:
  /// The maximum size of a batch, not counting staged frames and a larger queued frame. More would
  /// not fit in a core's second-level cache.
  static constexpr std::size_t usual_size = 256 * 1024;

  /// A part of the batch that came from one source.
  struct stretch {
    frame_source* source = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
    // The bytes of the queue that its end frees: 0 if more of its frame follows.
    std::uint64_t frees = 0;
    // Whole frames of the queue, as long there as in the batch.
    bool frames = false;
  };

  using offset = std::uint32_t;

  /// Where the parts of the batch begin and end.
  struct parts {
    offset whole_frames = 0;  ///< begin here
    offset ping_end = 0;      ///< 0 if it has no ping
    offset control_end = 0;
    offset staged_begin = 0;
    offset staged_end = 0;
    bool within_message =
        false;  ///< a producer's message is unfinished where the whole frames begin
  };

  /// Where it may be cut.
  struct cut {
    std::size_t position = 0;     ///< the end of a frame
    bool within_message = false;  ///< a producer's message is unfinished there
  };

  std::size_t size() const noexcept { return view().size(); }
  offset end() const noexcept { return static_cast<offset>(size()); }
  bool empty() const noexcept { return view().empty(); }
  bool in_place() const noexcept { return !in_place_.empty(); }
  bool has_stretches() const noexcept { return !stretches_.empty(); }

  /// Returns how many bytes may be added.
  std::size_t room() const noexcept {
    return !in_place() && size() < usual_size ? usual_size - size() : 0;
  }

  /// Returns the bytes that are not written yet.
  bytes_view left() const noexcept { return view().subspan(written_); }

  std::size_t written() const noexcept { return written_; }

  /// Returns the number of frames ever added or begun, not counting those withdrawn.
  std::uint64_t frames() const noexcept { return frames_; }
  std::uint64_t take_frames() noexcept { return std::exchange(frames_, 0); }

  // While it is filled.

  /// The buffer to append to.
  memory::byte_buffer& buffer() noexcept { return copied_; }
  void count_put(std::uint64_t frames) noexcept { frames_ += frames; }
  /// Appends all of these frames; takes the buffer's memory if possible.
  void take(memory::byte_buffer& frames, std::size_t count) {
    copied_.empty() ? copied_.swap(frames) : copied_.append(frames.view());
    frames_ += count;
  }
  /// Makes frames in a queue the whole batch.
  void set_in_place(bytes_view frames) noexcept { in_place_ = frames; }
  WSX_API void note(const stretch& s);
  struct parts& parts() noexcept {
    return parts_;
  }

  /// Returns whose message is unfinished where the batch ends or, if it is empty, on the wire: a
  /// source, or another pointer that identifies the sender. RFC 6455 5.4: nobody else may begin
  /// one.
  const void* message_of() const noexcept { return message_of_; }
  void set_message_of(const void* sender) noexcept { message_of_ = sender; }
  /// Notes a frame of that sender.
  void note_message(const void* sender, const frame_head& head) noexcept {
    if (!is_control(head.op)) message_of_ = head.fin ? nullptr : sender;
  }

  // While it is written.

  /// Counts bytes as written; returns whether none are left.
  bool wrote(std::size_t count) noexcept {
    written_ += count;
    return written_ == size();
  }

  /// Frees the frames that were written whole.
  void free_written() noexcept {
    if (!stretches_.empty()) free_stretches();
  }

  /// A frame of the batch. Its payload is what the batch has of it.
  struct wire_frame {
    frame_head head{};
    mask_key key{};
    bytes_view masked{};
  };

  /// Returns where the first frame begins, and reads the frame that begins at a position: it
  /// returns where the batch goes on after that.
  std::size_t first_frame() const noexcept { return parts_.whole_frames; }
  WSX_API std::size_t read_frame(std::size_t begin, wire_frame& next) const noexcept;

  /// Returns how many frames begin within [begin, end).
  WSX_API std::size_t count_frames(std::size_t begin, std::size_t end) const noexcept;

  /// Returns where a Close may go that waits only for replies. That is after the frame that is
  /// being written, or that has any of the next `committed` bytes, which the transport must be
  /// given. It is also after control frames and, unless a producer's message is unfinished, staged
  /// frames.
  WSX_API cut first_cut(std::size_t committed) const noexcept;

  /// Withdraws everything after the cut.
  WSX_API void truncate(cut at) noexcept;

  /// Removes everything, but keeps the memory and the owner of the unfinished message.
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
  std::size_t next_frame(std::size_t committed) const noexcept;
  bool open_at(std::size_t position) const noexcept;
  template <class Call>
  void for_each_frame(std::size_t begin, std::size_t end, Call call) const noexcept;

  memory::byte_buffer copied_;
  bytes_view in_place_{};
  std::size_t written_ = 0;
  std::vector<stretch> stretches_;
  struct parts parts_ {};
  const void* message_of_ = nullptr;
  std::uint64_t frames_ = 0;
};

}  // namespace wsx::protocol
