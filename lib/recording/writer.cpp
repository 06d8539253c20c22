#include "format.hpp"

#include <wsx/recording/writer.hpp>

#include <limits>
#include <type_traits>

namespace wsx::recording {

namespace {

record_kind kind_of(const record& r) noexcept {
  constexpr record_kind kinds[] = {record_kind::frame, record_kind::connected,
                                   record_kind::connection_ended, record_kind::handler_replaced,
                                   record_kind::gap};
  const auto* const e = std::get_if<ended>(&r.what);
  if (e != nullptr && e->what == ended::of::client) return record_kind::client_ended;
  return kinds[r.what.index()];
}

}  // namespace

writer::writer(std::ostream& to) : to_(to) {
  put(encode_file_head());
}

void writer::write(const record& r) {
  record_head head;
  bytes_view body;
  body_.clear();
  if (const auto* const f = std::get_if<frame>(&r.what)) {
    head = head_of(f->facts);
    body = as_bytes(f->payload);
  } else {
    std::visit(
        [this](const auto& what) {
          using type = std::remove_cvref_t<decltype(what)>;
          if constexpr (std::is_same_v<type, gap>) {
            append(body_, what.records);
          } else if constexpr (!std::is_same_v<type, frame>) {
            encode(what, body_);
          }
        },
        r.what);
    body = body_.view();
  }
  head.kind = kind_of(r);
  head.monotonic = r.monotonic.count();
  head.wall = r.wall.time_since_epoch().count();
  write(head, body);
}

void writer::write(record_head& head, bytes_view body) {
  if (body.size() > std::numeric_limits<std::uint32_t>::max())
    throw recording_error("a record of a recording has at most 4 GiB");
  head.number = records_++;
  put(encode(head, body));
  put(body);
}

void writer::finish() {
  body_.clear();
  append(body_, std::uint64_t{records_});
  record_head head;
  head.kind = record_kind::end;
  write(head, body_.view());
  to_.flush();
  if (!to_) throw recording_error("the recording cannot be written");
}

void writer::put(bytes_view bytes) {
  const auto chars = as_chars(bytes);
  to_.write(chars.data(), static_cast<std::streamsize>(chars.size()));
  if (!to_) throw recording_error("the recording cannot be written");
}

}  // namespace wsx::recording
