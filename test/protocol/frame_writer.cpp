#include "../common/noise.hpp"
#include "outbox_fixture.hpp"

#include <wsx/protocol/frame_writer.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

using namespace outbox_test;
using common_test::noise;
using wsx::memory::byte_buffer;

namespace {

constexpr frame_head may{.op = opcode::text, .rsv1 = true};

struct writing {
  outgoing_batch batch;
  frame_writer writer{batch};
  frame_source source{256, payloads::unmasked};

  frame_writer::frame waiting(frame_head head, std::string_view payload) {
    head.length = payload.size();
    source.waiting = frame_source::waiting_frame{head, as_bytes(payload), true};
    return {.source = &source, .head = head, .payload = as_bytes(payload)};
  }

  byte_buffer staged(const frame_head& head, std::string_view payload) {
    byte_buffer bytes;
    const auto target = bytes.prepare(static_cast<std::size_t>(frame_size(payload.size())));
    bytes.commit(writer.stage(target.data(), head, as_bytes(payload)));
    return bytes;
  }

  /// Writes the batch.
  std::string take() {
    std::string bytes(as_chars(batch.left()));
    batch.wrote(bytes.size());
    batch.free_written();
    batch.clear();
    return bytes;
  }
};

/// The frames, as they are.
std::vector<client_frame> raw(std::string_view written) {
  std::vector<client_frame> all;
  while (auto frame = wsx::testing::decode_client_frame(written)) all.push_back(*frame);
  return all;
}

}  // namespace

TEST_SUITE("protocol/frame_writer") {
  TEST_CASE("RFC 6455 5.3: puts frames masked, each with a key of its own") {
    writing w;
    for (int i = 0; i < 3; ++i) w.writer.put(whole, as_bytes("payload"));
    CHECK(w.batch.frames() == 3);
    const auto written = raw(w.take());
    REQUIRE(written.size() == 3);
    for (const auto& frame : written) CHECK(frame.payload == "payload");
    CHECK((written[0].mask != written[1].mask || written[1].mask != written[2].mask));
  }

  TEST_CASE("staged frames are ready for the wire, if the connection does not compress") {
    writing w;
    const auto ready = w.staged(may, "payload");
    const auto written = raw(as_chars(ready.view()));
    REQUIRE(written.size() == 1);
    CHECK(written[0].payload == "payload");
    CHECK(written[0].rsv == 0);
  }

  TEST_CASE("or else they are compressed behind one another, if they are large enough") {
    writing w;
    w.writer.compress({.threshold = 8});
    CHECK(w.writer.compresses());
    wsx::testing::server_inflater server;
    for (int round = 0; round < 2; ++round) {
      auto both = w.staged(may, "compressed");
      both.append(w.staged(may, "plain").view());
      w.writer.put_staged(both.view());
      const auto written = raw(w.take());
      REQUIRE(written.size() == 2);
      CHECK(written[0].rsv == wsx::testing::rsv1);
      CHECK(server.message(written[0].payload) == "compressed");
      CHECK(written[1].rsv == 0);
      CHECK(written[1].payload == "plain");
    }
    CHECK(w.batch.frames() == 4);
  }

  TEST_CASE("not behind what the server will not get") {
    writing w;
    w.writer.compress({});
    w.writer.give_up();
    w.writer.put_staged(w.staged(may, "as it is").view());
    CHECK(decode(w.take()) == frames{text("as it is")});
    w.writer.reset();
    CHECK_FALSE(w.writer.compresses());
    w.writer.compress({});
    w.writer.put_staged(w.staged(may, "anew").view());
    CHECK(raw(w.take()).at(0).rsv == wsx::testing::rsv1);
  }

  TEST_CASE("a frame larger than a batch goes on in the next ones, and is freed by its end") {
    writing w;
    const std::string payload(600'000, 'x');
    w.writer.begin(w.waiting(whole, payload));
    std::string written = w.take();
    int batches = 1;
    for (; w.writer.within_payload(); ++batches) {
      CHECK(w.writer.within_frame());
      CHECK(w.source.waiting);
      w.writer.finish_on_wire();
      CHECK(w.batch.size() <= outgoing_batch::usual_size);
      written += w.take();
    }
    CHECK(batches > 2);
    CHECK(decode(written) == frames{text('x', 600'000)});
    CHECK_FALSE(w.source.waiting);
    CHECK(w.source.written == frame_size(600'000));
    CHECK(w.batch.frames() == 1);
  }

  TEST_CASE("a message that is being compressed is not on the wire until the first frame is") {
    writing w;
    w.writer.compress({});
    const std::string payload(2'000'000, 'x');
    w.writer.begin(w.waiting(may, payload));
    CHECK(w.batch.empty());
    REQUIRE(w.writer.within_payload());
    CHECK_FALSE(w.writer.within_frame());
    CHECK_FALSE(w.writer.within_message());
    while (w.writer.within_payload()) w.writer.go_on();
    const auto written = raw(w.take());
    REQUIRE(written.size() == 1);
    CHECK(wsx::testing::server_inflater().message(written[0].payload) == payload);
  }

  TEST_CASE("the last fragment of a message is within it, on the wire or not") {
    writing w;
    w.writer.compress({});
    w.writer.begin(w.waiting({.op = opcode::text, .fin = false, .rsv1 = true}, "begun"));
    w.take();
    CHECK(w.batch.message_of() == &w.source);
    const std::string payload(2'000'000, 'x');
    w.writer.begin(w.waiting(last, payload));
    REQUIRE(w.writer.within_payload());
    CHECK(w.writer.within_message());
  }

  TEST_CASE("a divided message may be interrupted after a time") {
    using namespace std::chrono_literals;
    writing w;
    w.writer.compress({});
    const std::string payload = noise(3'000'000);
    w.writer.begin(w.waiting(may, payload));
    for (int turns = 0; !w.writer.within_divided_message(); ++turns) {
      REQUIRE(turns < 100);
      w.take();
      w.writer.go_on();
    }
    CHECK(w.writer.within_message());
    const frame_writer::clock::time_point begun{};
    w.writer.bound_divided_message(begun, 5s);
    CHECK_FALSE(w.writer.interruptible());
    w.writer.bound_divided_message(begun + 4s, 5s);
    CHECK_FALSE(w.writer.interruptible());
    w.writer.bound_divided_message(begun + 5s, 5s);
    CHECK(w.writer.interruptible());
    w.writer.give_up();
    CHECK_FALSE(w.writer.within_divided_message());
  }
}
