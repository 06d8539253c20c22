#include <wsx/error.hpp>
#include <wsx/protocol/inflater.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using wsx::errc;
using wsx::protocol::inflater;
using wsx::testing::server_deflater;

namespace {

// Feeds a message's payload in pieces of `in` bytes, and takes it out in such of `out`.
std::string inflate(inflater& with, std::string_view payload, std::size_t in, std::size_t out,
                    std::error_code& error) {
  std::string result;
  std::vector<std::byte> room(out);
  do {
    const auto piece = payload.substr(0, in);
    payload.remove_prefix(piece.size());
    with.feed(wsx::as_bytes(piece), payload.empty());
    for (std::size_t count = out; count == out && !error;) {
      count = with.read(room, error);
      result += wsx::as_chars(wsx::bytes_view(room).first(count));
    }
  } while (!payload.empty() && !error);
  return result;
}

std::string inflate(inflater& with, std::string_view payload, std::size_t in = 1 << 20,
                    std::size_t out = 1 << 20) {
  std::error_code error;
  auto result = inflate(with, payload, in, out, error);
  CHECK_FALSE(error);
  return result;
}

bool is_corrupt(std::string_view payload) {
  inflater with(15, true);
  std::error_code error;
  inflate(with, payload, 1 << 20, 1 << 20, error);
  return error == errc::invalid_deflate_data;
}

std::string varied(std::size_t size) {
  std::string result;
  for (unsigned i = 0; result.size() < size; ++i) result += std::to_string(i * i % 9973);
  result.resize(size);
  return result;
}

}  // namespace

TEST_SUITE("protocol/inflater") {
  TEST_CASE("any size, however it is cut, in and out") {
    for (const std::size_t size : {0u, 1u, 5u, 125u, 4'096u, 70'000u}) {
      for (const std::size_t in : {1u, 7u, 1'000'000u}) {
        for (const std::size_t out : {1u, 64u, 1'000'000u}) {
          CAPTURE(size);
          CAPTURE(in);
          CAPTURE(out);
          server_deflater server;
          inflater with(15, true);
          const std::string payload = varied(size);
          CHECK(inflate(with, server.message(payload), in, out) == payload);
          CHECK(inflate(with, server.message(payload), in, out) == payload);
          CHECK(inflate(with, server.message(""), in, out).empty());
          CHECK(inflate(with, server.message("end"), in, out) == "end");
        }
      }
    }
  }

  TEST_CASE("with context takeover a message may refer to those before") {
    server_deflater server;
    inflater with(15, true);
    const std::string payload = varied(1000);
    const auto first = server.message(payload);
    const auto second = server.message(payload);
    CHECK(second.size() < first.size() / 10);
    CHECK(inflate(with, first) == payload);
    CHECK(inflate(with, second) == payload);
  }

  TEST_CASE("without, what refers to another message is corrupt") {
    server_deflater server;
    const std::string payload = varied(1000);
    inflater with(15, false);
    CHECK(inflate(with, server.message(payload)) == payload);
    std::error_code error;
    inflate(with, server.message(payload), 1 << 20, 1 << 20, error);
    CHECK(error == errc::invalid_deflate_data);
  }

  TEST_CASE("several without context takeover share what zlib needs") {
    server_deflater server;
    inflater one(15, false), other(15, false);
    const std::string payload = varied(1000);
    const auto message = server.message(payload);
    for (int i = 0; i < 3; ++i) {
      CHECK(inflate(one, message) == payload);
      CHECK(inflate(other, message) == payload);
    }
    // Both in the middle of a message.
    const auto begun = message.substr(0, message.size() / 2);
    std::vector<std::byte> room(5000);
    std::error_code error;
    one.feed(wsx::as_bytes(begun), false);
    const auto first = one.read(room, error);
    CHECK(inflate(other, message) == payload);
    const auto rest = message.substr(begun.size());
    one.feed(wsx::as_bytes(rest), true);
    CHECK(first + one.read(room, error) == payload.size());
    CHECK_FALSE(error);
  }

  TEST_CASE("every window that a server may use") {
    const std::string payload = varied(100'000);
    for (int bits = 9; bits <= 15; ++bits) {
      CAPTURE(bits);
      server_deflater server(bits);
      inflater with(bits, true);
      CHECK(inflate(with, server.message(payload), 1000, 100) == payload);
      CHECK(inflate(with, server.message(payload), 1000, 100) == payload);
    }
    server_deflater nine(9);
    inflater eight(8, true);  // zlib compresses for 8 with 9
    CHECK(inflate(eight, nine.message(payload), 1000, 100) == payload);
  }

  TEST_CASE("no bytes at all are an empty message") {
    inflater with(15, true);
    server_deflater server;
    CHECK(inflate(with, "").empty());
    CHECK(inflate(with, server.message("a")) == "a");
    CHECK(inflate(with, "").empty());
    CHECK(inflate(with, server.message("b")) == "b");
  }

  TEST_CASE("corrupt data") {
    CHECK(is_corrupt("\xff"));                                  // a reserved kind of block
    CHECK(is_corrupt("\x06"));                                  // the same
    CHECK(is_corrupt(std::string("\x00\x01\x00\x00\x00", 5)));  // a length that is not confirmed
    CHECK(is_corrupt("hello"));
    server_deflater server;
    const auto good = server.message(varied(1000));
    CHECK_FALSE(is_corrupt(good));
    for (std::size_t size = 1; size < good.size(); ++size) {
      CAPTURE(size);
      CHECK(is_corrupt(good.substr(0, size)));
    }
  }

  TEST_CASE("ten mebibytes of one byte come out in pieces as large as wanted") {
    server_deflater server;
    const auto small = server.message(std::string(10 << 20, 'x'));
    CHECK(small.size() < 20'000);
    inflater with(15, true);
    with.feed(wsx::as_bytes(small), true);
    std::vector<std::byte> room(1000);
    std::size_t total = 0;
    std::error_code error;
    for (std::size_t count = room.size(); count == room.size();) {
      count = with.read(room, error);
      total += count;
    }
    CHECK_FALSE(error);
    CHECK(total == 10 << 20);
  }
}
