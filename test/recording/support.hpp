#pragma once

#include <wsx/recording/reader.hpp>
#include <wsx/recording/writer.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the tests of recordings share: records in memory.
namespace recording_test {

using namespace wsx::recording;

inline record at(std::int64_t time, decltype(record::what) what) {
  return {std::chrono::nanoseconds(time),
          decltype(record::wall)(std::chrono::nanoseconds(1'000'000 + time)), std::move(what)};
}

inline frame received(std::string payload, wsx::opcode op = wsx::opcode::text) {
  return {{frame_direction::received, op, true, false, payload.size()}, std::move(payload)};
}
inline frame sent(std::string payload, wsx::opcode op = wsx::opcode::text) {
  return {{frame_direction::sent, op, true, false, payload.size()}, std::move(payload)};
}

// `text "a"`, as it was received or sent.
inline std::string words_of(const record& r) {
  if (const auto* const f = std::get_if<frame>(&r.what)) {
    const bool was_sent = f->facts.direction == frame_direction::sent;
    return (was_sent ? "sent " : "received ") + f->payload + (f->whole() ? "" : "...");
  }
  if (const auto* const c = std::get_if<connected>(&r.what)) return "connected to " + c->url;
  if (const auto* const e = std::get_if<ended>(&r.what))
    return e->what == ended::of::client ? "client ended" : "connection ended";
  if (const auto* const h = std::get_if<handler_replaced>(&r.what)) return "now " + h->new_version;
  return "gap of " + std::to_string(std::get<gap>(r.what).records);
}

inline std::string file_of(const std::vector<record>& records) {
  std::ostringstream out;
  writer to(out);
  for (const record& each : records) to.write(each);
  to.finish();
  return std::move(out).str();
}

// All records of a file; throws what the reader throws.
inline std::vector<record> records_of(const std::string& file,
                                      std::size_t max_body = reader::default_max_body) {
  std::istringstream in(file);
  reader from(in, max_body);
  std::vector<record> all;
  record r;
  while (from.next(r)) all.push_back(r);
  CHECK_FALSE(from.next(r));
  return all;
}

inline std::vector<std::string> words_of(const std::string& file) {
  std::vector<std::string> all;
  for (const record& each : records_of(file)) all.push_back(words_of(each));
  return all;
}

// What the reader says about a file that is not a whole recording.
inline std::string refusal_of(const std::string& file,
                              std::size_t max_body = reader::default_max_body) {
  try {
    records_of(file, max_body);
  } catch (const recording_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace recording_test

template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& each : all) text += "\n    " + each;
    return text.c_str();
  }
};
