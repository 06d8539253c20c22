#include "format.hpp"

#include <wsx/recording/reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace wsx::recording {

namespace {

// What is read at a time, so that memory grows with what there is, and not with what a head says.
constexpr std::size_t body_piece = 64 * 1024;

}  // namespace

reader::reader(std::istream& from, std::size_t max_body)
    : from_(from), max_body_(max_body), monotonic_(std::numeric_limits<std::int64_t>::min()) {
  std::array<std::byte, file_head_size> head;
  read(head, "header");
  const auto good = encode_file_head();
  if (!std::equal(magic.begin(), magic.end(), as_chars(head).begin()))
    throw recording_error("this is no recording: the file does not begin as one");
  parser p(as_chars(head).substr(magic.size()));
  const auto found = p.number<std::uint16_t>();
  if (found != version)
    throw recording_error(
        fmt::format("the recording has version {}, this program reads version {}", found, version));
  if (head != good) throw recording_error("the recording is corrupt: its header is damaged");
}

bool reader::next(record& r) {
  if (ended_) return false;
  std::array<std::byte, head_size> bytes;
  read(bytes, "the head of a record");
  const record_head head = decode_head(bytes);
  if (head.body_size > max_body_)
    fail(fmt::format("a body of {} bytes is over the limit of {}", head.body_size, max_body_));
  read_body(head.body_size);
  if (checksum_of(bytes, as_bytes(body_)) != head.checksum)
    fail("the checksum is wrong: the file is corrupt");
  if (head.number != static_cast<std::uint32_t>(records_))
    fail(fmt::format("it has the number {}: records are missing or in the wrong order",
                     head.number));
  if (head.kind == record_kind::end) {
    parser p(body_);
    const auto count = p.number<std::uint64_t>();
    if (!p.done()) fail("its body does not fit its kind");
    end(count);
    return false;
  }
  if (head.monotonic < monotonic_) fail("its time is before that of the record before");
  monotonic_ = head.monotonic;
  if (const auto wrong = decode(head, body_, r.what)) fail(*wrong);
  r.monotonic = std::chrono::nanoseconds(head.monotonic);
  r.wall = decltype(r.wall)(std::chrono::nanoseconds(head.wall));
  ++records_;
  return true;
}

void reader::end(std::uint64_t records) {
  if (records != records_) fail(fmt::format("the file should have {} records", records));
  if (from_.peek() != std::istream::traits_type::eof()) fail("something follows the end");
  ended_ = true;
}

void reader::read(std::span<std::byte> place, std::string_view what) {
  from_.read(reinterpret_cast<char*>(place.data()), static_cast<std::streamsize>(place.size()));
  const auto count = static_cast<std::size_t>(from_.gcount());
  if (count < place.size()) fail(fmt::format("the file ends within {}: it is truncated", what));
  offset_ += count;
}

void reader::read_body(std::size_t size) {
  body_.clear();
  while (body_.size() < size) {
    const auto begin = body_.size();
    body_.resize(std::min(size, begin + body_piece));
    read(std::as_writable_bytes(std::span(body_)).subspan(begin), "a record");
  }
}

void reader::fail(std::string_view why) const {
  throw recording_error(fmt::format("record {}, before byte {}: {}", records_, offset_, why));
}

}  // namespace wsx::recording
