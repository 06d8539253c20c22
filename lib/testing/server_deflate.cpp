#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <zlib.h>

#include <array>
#include <new>

namespace wsx::testing {
namespace {

// RFC 7692 7.2.1: what is removed from the end of a message, and appended to inflate it.
constexpr std::string_view tail{"\0\0\xff\xff", 4};

Bytef* as_input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

struct server_deflater::stream {
  z_stream z{};
  ~stream() { deflateEnd(&z); }
};

server_deflater::server_deflater(int window_bits, int level) : stream_(new stream) {
  if (deflateInit2(&stream_->z, level, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

server_deflater::~server_deflater() = default;
server_deflater::server_deflater(server_deflater&&) noexcept = default;
server_deflater& server_deflater::operator=(server_deflater&&) noexcept = default;

std::string server_deflater::run(std::string_view payload, int flush) {
  z_stream& z = stream_->z;
  z.next_in = as_input(payload);
  z.avail_in = static_cast<uInt>(payload.size());
  std::string out;
  std::array<char, 4096> room;
  do {
    z.next_out = reinterpret_cast<Bytef*>(room.data());
    z.avail_out = room.size();
    deflate(&z, flush);
    out.append(room.data(), room.size() - z.avail_out);
  } while (z.avail_out == 0);
  return out;
}

std::string server_deflater::message(std::string_view payload) {
  std::string out = run(payload, Z_SYNC_FLUSH);
  if (!out.ends_with(tail)) return std::string(1, '\0');  // an empty message after a flush
  return out.substr(0, out.size() - tail.size());
}

std::string server_deflater::part(std::string_view payload) {
  return run(payload, Z_SYNC_FLUSH);
}

std::string server_deflater::final_block(std::string_view payload) {
  std::string out = run(payload, Z_FINISH);
  reset();
  return out;
}

void server_deflater::reset() {
  deflateReset(&stream_->z);
}

struct server_inflater::stream {
  z_stream z{};
  std::string room;  // for the output of one step
  ~stream() { inflateEnd(&z); }
};

// One byte of output at a time: only then does zlib check back references against its window, and
// not against the output that it still sees. Nothing can refer back further than 15 bits.
server_inflater::server_inflater(int window_bits) : stream_(new stream) {
  if (inflateInit2(&stream_->z, -window_bits) != Z_OK) throw std::bad_alloc();
  stream_->room.resize(window_bits < 15 ? 1 : 32768);
}

server_inflater::~server_inflater() = default;
server_inflater::server_inflater(server_inflater&&) noexcept = default;
server_inflater& server_inflater::operator=(server_inflater&&) noexcept = default;

std::string server_inflater::message(std::string_view payload) {
  const std::string whole = std::string(payload) + std::string(tail);
  z_stream& z = stream_->z;
  auto& room = stream_->room;
  z.next_in = as_input(whole);
  z.avail_in = static_cast<uInt>(whole.size());
  std::string out;
  for (;;) {
    z.next_out = reinterpret_cast<Bytef*>(room.data());
    z.avail_out = static_cast<uInt>(room.size());
    const int result = inflate(&z, Z_SYNC_FLUSH);
    out.append(room, 0, room.size() - z.avail_out);
    if (result == Z_BUF_ERROR || (result == Z_OK && z.avail_out > 0 && z.avail_in == 0)) break;
    if (result != Z_OK) throw script_error("the client sent a corrupt compressed message");
  }
  if (z.avail_in != 0) throw script_error("a compressed message has bytes behind its end");
  return out;
}

void server_inflater::reset() {
  inflateReset(&stream_->z);
}

}  // namespace wsx::testing
