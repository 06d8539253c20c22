#include "../../lib/recording/format.hpp"

#include "support.hpp"

// The file: what is written is read again, and nothing else is read.

namespace {

using namespace recording_test;

std::vector<record> some_records() {
  frame piece{{frame_direction::sent, wsx::opcode::binary, false, true, 100}, std::string(3, '\0')};
  connected open{"ws://localhost/?a=***", "v2", "127.0.0.1:80",
                 "127.0.0.1:4711",        3,    wsx::deflate_parameters{true, false, 12, 15}};
  ended end{ended::of::connection, wsx::close_origin::remote, 1001, 104, "system", "reset"};
  ended last = end;
  last.what = ended::of::client;
  return {at(1, open),        at(2, received("hello")),
          at(2, piece),       at(3, gap{17}),
          at(4, end),         at(5, handler_replaced{"v1", "v2"}),
          at(6, connected{}), at(7, sent("")),
          at(8, last)};
}

// A file with one record of these bytes, which are not checked.
std::string file_with(record_head head, std::string_view body) {
  std::ostringstream out;
  writer to(out);
  to.write(head, wsx::as_bytes(body));
  to.finish();
  return std::move(out).str();
}

std::string file_with(record_kind kind, std::string_view body) {
  record_head head;
  head.kind = kind;
  return file_with(head, body);
}

bool mentions(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST_SUITE("recording/format: what is written is read") {
  TEST_CASE("all kinds of records") {
    const auto written = some_records();
    const auto read = records_of(file_of(written));
    REQUIRE(read.size() == written.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      CHECK(words_of(read[i]) == words_of(written[i]));
      CHECK(read[i].monotonic == written[i].monotonic);
      CHECK(read[i].wall == written[i].wall);
    }
    CHECK(std::get<connected>(read[0].what) == std::get<connected>(written[0].what));
    CHECK(std::get<ended>(read[4].what) == std::get<ended>(written[4].what));
    CHECK(std::get<connected>(read[6].what) == connected{});
    const auto& piece = std::get<frame>(read[2].what).facts;
    CHECK(piece.op == wsx::opcode::binary);
    CHECK_FALSE(piece.fin);
    CHECK(piece.compressed);
    CHECK(piece.size == 100);
  }

  TEST_CASE("an empty recording") {
    CHECK(records_of(file_of({})).empty());
  }

  // The format is the same on all machines: these bytes are documented.
  TEST_CASE("the bytes") {
    const auto file = file_of({at(0x0102, sent("hi"))});
    const std::string expected("\x89WSXR\r\n\x1a\x01\0\0\0", 12);
    CHECK(file.substr(0, 12) == expected);
    const std::string head(
        "\x02\x01\0\0\0\0\0\0"    // monotonic
        "\x42\x43\x0f\0\0\0\0\0"  // wall: 1'000'258
        "\x02\0\0\0\0\0\0\0"      // size of the payload
        "\x01\x03\x01\0"          // frame, sent and FIN, text
        "\0\0\0\0hi",             // its number, and the body
        34);
    CHECK(file.substr(16, 4) == std::string("\x02\0\0\0", 4));
    CHECK(file.substr(24, 34) == head);
    CHECK(file.size() == 16 + 42 + 48);
  }
}

TEST_SUITE("recording/format: what is refused") {
  TEST_CASE("a file that is cut anywhere") {
    const auto whole = file_of(some_records());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      CHECK(mentions(refusal_of(whole.substr(0, size)), "truncated"));
    }
  }

  TEST_CASE("a file with any byte changed") {
    auto file = file_of(some_records());
    for (char& byte : file) {
      for (const int flip : {0x01, 0x80}) {
        byte = static_cast<char>(byte ^ flip);
        CHECK_FALSE(refusal_of(file).empty());
        byte = static_cast<char>(byte ^ flip);
      }
    }
    CHECK(refusal_of(file).empty());
  }

  TEST_CASE("records that are missing, doubled or exchanged") {
    const auto empty = file_of({});
    const auto one = file_of({at(1, received("a"))}).size() - empty.size();
    const auto file = file_of({at(1, received("a")), at(1, received("b")), at(1, received("c"))});
    const std::size_t begin = 16;
    const auto nth = [&](std::size_t n) { return file.substr(begin + n * one, one); };
    const auto rest = file.substr(begin + 3 * one);
    const auto made = [&](const std::string& middle) {
      return file.substr(0, begin) + middle + rest;
    };
    CHECK(refusal_of(made(nth(0) + nth(1) + nth(2))).empty());
    CHECK(mentions(refusal_of(made(nth(0) + nth(2))), "missing"));
    CHECK(mentions(refusal_of(made(nth(0) + nth(0) + nth(1) + nth(2))), "missing"));
    CHECK(mentions(refusal_of(made(nth(1) + nth(0) + nth(2))), "missing"));
    CHECK(mentions(refusal_of(made(nth(0) + nth(1))), "missing"));
  }

  TEST_CASE("an end that counts other records") {
    std::ostringstream out;
    writer to(out);
    record_head end;
    end.kind = record_kind::end;
    to.write(end, wsx::as_bytes(std::string_view("\x01\0\0\0\0\0\0\0", 8)));
    CHECK(mentions(refusal_of(std::move(out).str()), "should have 1 records"));
  }

  TEST_CASE("something behind the end") {
    CHECK(mentions(refusal_of(file_of({}) + "x"), "follows the end"));
  }

  TEST_CASE("another file, and another version") {
    CHECK(mentions(refusal_of("GIF89a, which is no recording"), "no recording"));
    auto newer = file_of({});
    newer[8] = 2;
    CHECK(refusal_of(newer) == "the recording has version 2, this program reads version 1");
  }

  TEST_CASE("a body over the limit, before any memory is allocated for it") {
    auto file = file_of({at(1, received("hello"))});
    file[16 + 3] = '\x7f';
    CHECK(mentions(refusal_of(file), "over the limit"));
    CHECK(mentions(refusal_of(file_of({at(1, received("hello"))}), 4), "over the limit of 4"));
  }

  TEST_CASE("records that make no sense, though their checksum is right") {
    CHECK(mentions(refusal_of(file_with(static_cast<record_kind>(99), "")), "unknown kind"));
    CHECK(mentions(refusal_of(file_with(record_kind::connected, "abc")), "does not fit"));
    CHECK(mentions(refusal_of(file_with(record_kind::gap, std::string(9, 'x'))), "does not fit"));
    CHECK(mentions(refusal_of(file_with(record_kind::connected, "\xff\xff\xff\xff")),
                   "does not fit"));
    CHECK(
        mentions(refusal_of(file_with(record_kind::frame, "more than its size")), "more payload"));
    CHECK(mentions(refusal_of(file_with(record_kind::connection_ended,
                                        std::string("\x07", 1) + std::string(14, '\0'))),
                   "unknown origin"));
    record_head head;
    head.op = static_cast<wsx::opcode>(3);
    CHECK(mentions(refusal_of(file_with(head, "")), "opcode"));
    head = {};
    head.flags = 8;
    CHECK(mentions(refusal_of(file_with(head, "")), "flags"));
    connected bad;
    bad.deflate = wsx::deflate_parameters{false, false, 16, 15};
    CHECK(mentions(refusal_of(file_of({at(1, bad)})), "window"));
    CHECK(mentions(refusal_of(file_of({at(2, gap{1}), at(1, gap{1})})), "time"));
  }

  TEST_CASE("a stream that fails is noticed") {
    std::ostringstream out;
    writer to(out);
    out.setstate(std::ios::badbit);
    CHECK_THROWS_AS(to.write(at(1, received("a"))), recording_error);
    CHECK_THROWS_AS(to.finish(), recording_error);
  }
}

}  // namespace
