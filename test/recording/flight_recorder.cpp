#include "support.hpp"

#include <wsx/recording/flight_recorder.hpp>
#include <wsx/testing/temp_dir.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

// What a flight recorder keeps, and what a snapshot says.

namespace {

using namespace recording_test;
using wsx::flight_recorder;
using wsx::recorder_options;
using lines = std::vector<std::string>;

frame_facts text_of(std::size_t size, frame_direction direction = frame_direction::received) {
  return {direction, wsx::opcode::text, true, false, size};
}

void record_text(flight_recorder& to, std::string_view text) {
  to.frame(text_of(text.size()), wsx::as_bytes(text));
}

wsx::connection_info connection_to(std::string url) {
  wsx::connection_info c;
  c.url = std::move(url);
  c.subprotocol = "v2";
  return c;
}

std::string snapshot_of(const flight_recorder& recorder) {
  std::ostringstream out;
  recorder.snapshot(out);
  return std::move(out).str();
}

recorder_options small(std::size_t memory = 4096) {
  recorder_options options;
  options.memory = memory;
  return options;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_SUITE("recording/flight_recorder") {
  TEST_CASE("a snapshot has everything, in order, with times") {
    flight_recorder recorder;
    const auto before = std::chrono::system_clock::now();
    recorder.connected(connection_to("ws://server/?secret=1"));
    record_text(recorder, "a");
    recorder.frame(text_of(3, frame_direction::sent), 2, [](std::span<std::byte> place) {
      std::memcpy(place.data(), "bc", place.size());
    });
    recorder.handler_replaced("v1", "v2");
    wsx::close_reason reason;
    reason.origin = wsx::close_origin::remote;
    reason.received = wsx::close_code::going_away;
    reason.error = std::make_error_code(std::errc::connection_reset);
    reason.diagnostics.message = "it is gone";
    recorder.ended(ended::of::connection, reason);
    recorder.ended(ended::of::client, reason);
    const auto file = snapshot_of(recorder);
    CHECK(words_of(file) == lines{"connected to ws://server/?secret=***", "received a",
                                  "sent bc...", "now v2", "connection ended", "client ended"});
    const auto records = records_of(file);
    for (const auto& each : records) {
      CHECK(each.wall >= before);
      CHECK(each.wall <= std::chrono::system_clock::now() + std::chrono::milliseconds(1));
    }
    CHECK(std::get<connected>(records[0].what).subprotocol == "v2");
    const auto& end = std::get<ended>(records[4].what);
    CHECK(end.origin == wsx::close_origin::remote);
    CHECK(end.code == 1001);
    CHECK(end.error_category == std::generic_category().name());
    CHECK(end.message == "it is gone");
  }

  TEST_CASE("what was dropped is a gap, behind the connection of the frames that follow") {
    flight_recorder recorder(small());
    recorder.connected(connection_to("ws://server/"));
    for (int i = 0; i < 200; ++i) record_text(recorder, "frame " + std::to_string(i));
    const auto words = words_of(snapshot_of(recorder));
    CHECK(words[0] == "connected to ws://server/");
    CHECK(words[1] == "gap of " + std::to_string(201 - (words.size() - 2)));
    CHECK(words.back() == "received frame 199");
    CHECK(words[2] == "received frame " + std::to_string(200 - (words.size() - 2)));
  }

  TEST_CASE("an empty recorder has an empty snapshot") {
    CHECK(words_of(snapshot_of(flight_recorder(small()))).empty());
  }

  TEST_CASE("a payload that would take too much of the memory is cut") {
    flight_recorder recorder(small());
    record_text(recorder, std::string(100'000, 'x'));
    const auto records = records_of(snapshot_of(recorder));
    REQUIRE(records.size() == 1);
    const auto& f = std::get<frame>(records[0].what);
    CHECK(f.facts.size == 100'000);
    CHECK(f.payload == std::string(1024 - 40, 'x'));
  }

  TEST_CASE("a payload is redacted before it is recorded") {
    auto options = small();
    options.redact = [](const frame_facts& facts, std::span<std::byte> payload) {
      CHECK(facts.op == wsx::opcode::text);
      std::fill(payload.begin(), payload.end(), std::byte{'*'});
    };
    flight_recorder recorder(options);
    record_text(recorder, "a password");
    CHECK(words_of(snapshot_of(recorder)) == lines{"received **********"});
    recorder.frame(text_of(3), 3, [](std::span<std::byte> place) {
      std::memcpy(place.data(), "abc", place.size());
    });
    CHECK(words_of(snapshot_of(recorder)).back() == "received ***");
  }

  TEST_CASE("a payload that cannot be redacted is not recorded") {
    auto options = small();
    options.redact = [](const frame_facts&, std::span<std::byte>) { throw 1; };
    flight_recorder recorder(options);
    record_text(recorder, "a password");
    CHECK(words_of(snapshot_of(recorder)) == lines{"received ..."});
  }

  TEST_CASE("a snapshot replaces a file, and only as a whole") {
    wsx::testing::temp_dir dir;
    const auto file = std::filesystem::path(dir.path()) / "feed.wsxrec";
    flight_recorder recorder(small());
    record_text(recorder, "a");
    recorder.snapshot(file);
    CHECK(words_of(content_of(file)) == lines{"received a"});
    record_text(recorder, "b");
    recorder.snapshot(file);
    CHECK(words_of(content_of(file)) == lines{"received a", "received b"});
    CHECK_FALSE(std::filesystem::exists(file.string() + ".part"));
    CHECK_THROWS_AS(recorder.snapshot(file / "below"), recording_error);
    const auto folder = std::filesystem::path(dir.path()) / "folder";
    std::filesystem::create_directory(folder);
    CHECK_THROWS_AS(recorder.snapshot(folder), recording_error);
    CHECK_FALSE(std::filesystem::exists(folder.string() + ".part"));
  }

  TEST_CASE("snapshots of other threads are whole while frames are recorded") {
    flight_recorder recorder(small(100'000));
    std::atomic<bool> done{false};
    std::thread strand([&] {
      recorder.connected(connection_to("ws://server/"));
      for (int i = 0; i < 50'000; ++i)
        record_text(recorder,
                    std::string(static_cast<std::size_t>(i % 300), 'x') + std::to_string(i));
      done = true;
    });
    int snapshots = 0;
    do {
      const auto records = records_of(snapshot_of(recorder));
      std::uint64_t last = 0;
      for (const auto& each : records) {
        const auto* const f = std::get_if<frame>(&each.what);
        if (f == nullptr) continue;
        const auto number = std::stoull(f->payload.substr(f->payload.find_first_not_of('x')));
        if (number < last) FAIL("out of order");
        last = number;
      }
      ++snapshots;
    } while (!done);
    strand.join();
    CHECK(words_of(snapshot_of(recorder)).back().ends_with("49999"));
    CHECK(snapshots > 0);
  }
}

}  // namespace
