#include "frame_layout.hpp"

#include <wsx/protocol/outgoing_batch.hpp>

#include <algorithm>

namespace wsx::protocol {

void outgoing_batch::note(const stretch& s) {
  if (s.frames && !stretches_.empty()) {
    stretch& last = stretches_.back();
    if (last.frames && last.source == s.source && last.end == s.begin) {
      last.end = s.end;
      last.frees += s.frees;
      return;
    }
  }
  stretches_.push_back(s);
}

void outgoing_batch::free_stretches() noexcept {
  for (const stretch& s : stretches_) {
    if (s.begin > written_) return;
    if (s.end <= written_) {
      s.source->free(s.frees);
    } else if (s.frames) {
      s.source->free(s.source->queue.whole_frames(written_ - s.begin));
    }
  }
}

// The last frame may continue after the batch.
template <class Call>
void outgoing_batch::for_each_frame(std::size_t begin, std::size_t end, Call call) const noexcept {
  for (std::size_t at = parts_.whole_frames; at < end;) {
    const std::byte* const frame = view().data() + at;
    if (at >= begin) call(frame);
    at += layout::size_at(frame);
  }
}

std::size_t outgoing_batch::read_frame(std::size_t begin, wire_frame& next) const noexcept {
  const bytes_view rest = view().subspan(begin);
  const std::size_t header = read_header(rest.data(), next.head);
  std::ranges::copy(rest.subspan(header - next.key.size(), next.key.size()), next.key.begin());
  const auto size = std::min<std::uint64_t>(next.head.length, rest.size() - header);
  next.masked = rest.subspan(header, static_cast<std::size_t>(size));
  return begin + header + next.masked.size();
}

std::size_t outgoing_batch::count_frames(std::size_t begin, std::size_t end) const noexcept {
  std::size_t count = 0;
  for_each_frame(begin, end, [&](const std::byte*) { ++count; });
  return count;
}

// Returns where the first frame begins that has not been written at all, and has none of the next
// `committed` bytes. That may be the end of the batch.
std::size_t outgoing_batch::next_frame(std::size_t committed) const noexcept {
  const std::size_t least = std::min(written_ + committed, size());
  std::size_t position = parts_.whole_frames;
  for_each_frame(0, least, [&](const std::byte* frame) { position += layout::size_at(frame); });
  return std::min(position, size());
}

// Returns whether a message is unfinished after the frames before `position`.
bool outgoing_batch::open_at(std::size_t position) const noexcept {
  bool open = parts_.within_message;
  for_each_frame(0, position, [&](const std::byte* frame) {
    frame_head head;
    read_header(frame, head);
    if (!is_control(head.op)) open = !head.fin;
  });
  return open;
}

outgoing_batch::cut outgoing_batch::first_cut(std::size_t committed) const noexcept {
  cut at{std::max<std::size_t>(next_frame(committed), parts_.control_end)};
  const bool within_staged = parts_.staged_begin < at.position && at.position <= parts_.staged_end;
  at.within_message = !within_staged && open_at(at.position);
  if (!at.within_message) at.position = std::max<std::size_t>(at.position, parts_.staged_end);
  return at;
}

void outgoing_batch::truncate(cut at) noexcept {
  frames_ -= count_frames(at.position, size());
  if (!at.within_message) message_of_ = nullptr;
  if (at.within_message && !message_of_) message_of_ = this;  // its end can't be sent any more
  const auto position = at.position;
  in_place_.empty() ? copied_.truncate(position) : void(in_place_ = in_place_.first(position));
  std::erase_if(stretches_, [position](const stretch& s) { return s.begin >= position; });
  if (stretches_.empty() || stretches_.back().end <= position) return;
  stretch& last = stretches_.back();
  last.end = position;
  last.frees = last.frames ? position - last.begin : 0;
}

}  // namespace wsx::protocol
