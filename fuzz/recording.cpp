#include "../lib/recording/format.hpp"
#include "input.hpp"

#include <wsx/recording/reader.hpp>
#include <wsx/recording/writer.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// Whatever a file says, its reader throws a recording_error or returns records; and these can be
// written, and read again.

namespace {

using namespace wsx::recording;

// Makes numbers and checksums right: no random file would get any further.
void repair(std::string& file) {
  const auto good = encode_file_head();
  if (file.size() < good.size()) return;
  std::memcpy(file.data(), good.data(), good.size());
  std::uint32_t number = 0;
  for (std::size_t at = file_head_size; file.size() - at >= head_size; ++number) {
    std::array<std::byte, head_size> bytes;
    std::memcpy(bytes.data(), file.data() + at, head_size);
    record_head head = decode_head(bytes);
    const auto left = file.size() - at - head_size;
    if (head.body_size > left) return;
    const auto body = wsx::as_bytes(std::string_view(file).substr(at + head_size, head.body_size));
    head.number = number;
    bytes = encode(head, body);
    std::memcpy(file.data() + at, bytes.data(), head_size);
    at += head_size + head.body_size;
  }
}

std::vector<record> read(const std::string& file) {
  std::istringstream in(file);
  reader from(in, 1024 * 1024);
  std::vector<record> all;
  record r;
  while (from.next(r)) all.push_back(r);
  return all;
}

std::string write(const std::vector<record>& records) {
  std::ostringstream out;
  writer to(out);
  for (const auto& each : records) to.write(each);
  to.finish();
  return std::move(out).str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const bool repaired = in.byte() % 2 == 1;
  std::string file(in.rest());
  if (repaired) repair(file);
  try {
    const auto written = write(read(file));
    fuzz::require(write(read(written)) == written);
  } catch (const recording_error& refused) {
    fuzz::require_displayable(refused.what());
  }
  return 0;
}
