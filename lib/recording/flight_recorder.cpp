#include "../protocol/display.hpp"
#include "record_ring.hpp"

#include <wsx/recording/flight_recorder.hpp>
#include <wsx/recording/writer.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace wsx::recording {

namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

// What a snapshot copies at a time.
constexpr std::size_t snapshot_piece = 256 * 1024;

// The wall clock is read seldom: a look at a clock is most of what a record costs.
class record_clock {
 public:
  void stamp(record_head& head) noexcept {
    const auto now = steady_clock::now();
    if (now >= next_look_) look(now);
    head.monotonic = count(now);
    head.wall = head.monotonic + to_wall_;
  }

 private:
  template <class Clock, class Duration>
  static std::int64_t count(std::chrono::time_point<Clock, Duration> when) noexcept {
    return std::chrono::nanoseconds(when.time_since_epoch()).count();
  }
  void look(steady_clock::time_point now) noexcept {
    to_wall_ = count(system_clock::now()) - count(now);
    next_look_ = now + std::chrono::milliseconds(100);
  }

  steady_clock::time_point next_look_{};
  std::int64_t to_wall_ = 0;
};

connected facts_of_connection(const connection_info& c) {
  return {protocol::display_url(c.url),
          c.subprotocol,
          c.peer_endpoint,
          c.local_endpoint,
          c.attempt,
          c.deflate};
}

handler_replaced facts_of_versions(std::string_view old_version, std::string_view new_version) {
  return {std::string(old_version), std::string(new_version)};
}

ended facts_of_end(ended::of what, const close_reason& reason) {
  return {what,
          reason.origin,
          static_cast<std::uint16_t>(reason.code().value_or(close_code{})),
          reason.error.value(),
          reason.error ? reason.error.category().name() : "",
          reason.diagnostics.message};
}

// Writes what a ring has now, piece by piece.
class snapshot_writer {
 public:
  snapshot_writer(const record_ring& ring, std::ostream& to)
      : ring_(ring),
        out_(to),
        place_(std::max(snapshot_piece, ring.room_of(head_size + ring.max_body()))) {}

  void write() {
    const auto until = ring_.newest();
    auto from = record_ring::cursor();
    write_connection();
    while (from.record < until.record) {
      const auto expected = from.record;
      const std::size_t size = ring_.copy(from, until, place_);
      const auto begin = std::min(from.record, until.record) - count_records(size);
      if (begin > expected) write_gap(begin - expected, size > 0 ? head_at(0) : last_);
      write_records(size);
    }
    out_.finish();
  }

 private:
  record_head head_at(std::size_t offset) const noexcept {
    record_head head;
    std::memcpy(&head, place_.data() + offset, head_size);
    return head;
  }
  // The first `size` bytes of the place are records.
  template <class Each>
  void each_record(std::size_t size, Each each) {
    for (std::size_t at = 0; at < size;) {
      record_head head = head_at(at);
      each(head, bytes_view(place_).subspan(at + head_size, head.body_size));
      at += ring_.room_of(head_size + head.body_size);
    }
  }
  std::uint64_t count_records(std::size_t size) {
    std::uint64_t count = 0;
    each_record(size, [&](const record_head&, bytes_view) { ++count; });
    return count;
  }
  void write_records(std::size_t size) {
    each_record(size, [this](record_head& head, bytes_view body) { write_one(head, body); });
  }
  // If another connection began while a snapshot was taken, its record may be older than those
  // before it: a time never decreases in a file.
  void write_one(record_head& head, bytes_view body) {
    last_.monotonic = head.monotonic = std::max(head.monotonic, last_.monotonic);
    last_.wall = head.wall;
    out_.write(head, body);
  }
  void write_connection() {
    if (auto kept = ring_.connection()) write_one(kept->head, kept->view());
  }
  // With the times of the record that follows.
  void write_gap(std::uint64_t records, record_head head) {
    memory::byte_buffer body;
    append(body, records);
    head = {.monotonic = head.monotonic, .wall = head.wall, .kind = record_kind::gap};
    write_one(head, body.view());
  }

  const record_ring& ring_;
  writer out_;
  std::vector<std::byte> place_;
  record_head last_{};  // the times of the last record
};

}  // namespace

}  // namespace wsx::recording

namespace wsx {

class flight_recorder::impl {
 public:
  explicit impl(recorder_options options)
      : redact_(std::move(options.redact)), ring_(options.memory) {
    if (redact_) scratch_.resize(ring_.max_body());
  }

  const recording::record_ring& ring() const noexcept { return ring_; }

  template <class Copy>
  void frame(const recording::frame_facts& facts, std::size_t size, Copy copy) noexcept {
    recording::record_head head = recording::head_of(facts);
    clock_.stamp(head);
    size = std::min(size, ring_.max_body());
    if (!redact_) return ring_.push(head, size, copy);
    push(head, redacted(facts, std::span(scratch_).first(size), copy));
  }

  // Without memory the event is missing.
  template <class Facts, class... From>
  void event(recording::record_kind kind, Facts (*facts_from)(From...),
             std::type_identity_t<From>... from) noexcept {
    try {
      memory::byte_buffer body;
      recording::encode(facts_from(from...), body);
      recording::record_head head;
      head.kind = kind;
      clock_.stamp(head);
      if (body.size() <= ring_.max_body()) push(head, body.view());
    } catch (...) {}
  }

 private:
  void push(recording::record_head& head, bytes_view body) noexcept {
    ring_.push(head, body.size(), [body](std::span<std::byte> place) {
      if (!body.empty()) std::memcpy(place.data(), body.data(), body.size());
    });
  }
  template <class Copy>
  bytes_view redacted(const recording::frame_facts& facts, std::span<std::byte> place,
                      Copy copy) noexcept {
    try {
      copy(place);
      redact_(facts, place);
      return place;
    } catch (...) {
      return {};
    }
  }

  const decltype(recorder_options::redact) redact_;
  std::vector<std::byte> scratch_{};
  recording::record_clock clock_{};
  recording::record_ring ring_;
};

flight_recorder::flight_recorder(recorder_options options)
    : impl_(std::make_unique<impl>(std::move(options))) {}

flight_recorder::~flight_recorder() = default;

void flight_recorder::frame(const recording::frame_facts& facts, bytes_view payload) noexcept {
  impl_->frame(facts, payload.size(), [payload](std::span<std::byte> place) {
    if (!place.empty()) std::memcpy(place.data(), payload.data(), place.size());
  });
}

void flight_recorder::frame_with(const recording::frame_facts& facts, std::size_t size, void* what,
                                 copy_function copy) noexcept {
  impl_->frame(facts, size, [what, copy](std::span<std::byte> place) { copy(what, place); });
}

void flight_recorder::connected(const connection_info& connection) noexcept {
  impl_->event(recording::record_kind::connected, &recording::facts_of_connection, connection);
}

void flight_recorder::ended(recording::ended::of what, const close_reason& reason) noexcept {
  const bool client = what == recording::ended::of::client;
  impl_->event(
      client ? recording::record_kind::client_ended : recording::record_kind::connection_ended,
      &recording::facts_of_end, what, reason);
}

void flight_recorder::handler_replaced(std::string_view old_version,
                                       std::string_view new_version) noexcept {
  impl_->event(recording::record_kind::handler_replaced, &recording::facts_of_versions, old_version,
               new_version);
}

void flight_recorder::snapshot(std::ostream& to) const {
  recording::snapshot_writer(impl_->ring(), to).write();
}

void flight_recorder::snapshot(const std::filesystem::path& file) const {
  auto part = file;
  part += ".part";
  {
    std::ofstream to(part, std::ios::binary | std::ios::trunc);
    if (!to) throw recording::recording_error("cannot create " + part.string());
    snapshot(to);
  }
  std::error_code failed;
  std::filesystem::rename(part, file, failed);
  if (!failed) return;
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  throw recording::recording_error("cannot create " + file.string() + ": " + failed.message());
}

}  // namespace wsx
