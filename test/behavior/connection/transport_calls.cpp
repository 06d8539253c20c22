#include "../support.hpp"

#include <algorithm>
#include <string>
#include <vector>

// What a client asks of its transport, turn by turn: no more system calls and copies than it needs,
// and replies before it waits for more.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct call {
  std::string what;
  std::size_t room = 0;
  const std::byte* place = nullptr;
};

struct recording : memory_transport {
  using memory_transport::memory_transport;

  wsx::io_result read_some(std::span<std::byte> room) noexcept {
    calls.push_back({"read", room.size(), room.data()});
    return memory_transport::read_some(room);
  }
  wsx::io_result write_some(wsx::bytes_view bytes) noexcept {
    calls.push_back({"write"});
    return memory_transport::write_some(bytes);
  }
  void async_wait(wsx::io_direction direction, wsx::wait_handler ready) {
    calls.push_back({"wait"});
    memory_transport::async_wait(direction, std::move(ready));
  }

  static inline std::vector<call> calls;
};

struct echoes {
  void handle_frame(wsx::text message, wsx::session& s) { CHECK_FALSE(s.send(message)); }
  void handle_frame(wsx::binary) { ++received; }

  int received = 0;
};

struct fixture : client_fixture<echoes, recording> {
  fixture() : peer(open()) { recording::calls.clear(); }

  std::vector<std::string> calls_for(std::string_view bytes) {
    recording::calls.clear();
    peer.write(bytes);
    poll(io);
    std::vector<std::string> names;
    for (const auto& c : recording::calls) names.push_back(c.what);
    return names;
  }

  // The largest room of a read.
  std::size_t largest_room() const {
    std::size_t largest = 0;
    for (const auto& c : recording::calls) largest = std::max(largest, c.room);
    return largest;
  }

  memory_peer peer;
};

using names = std::vector<std::string>;

}  // namespace

TEST_SUITE("behavior/connection/transport_calls") {
  TEST_CASE("a reply leaves before the client waits for more") {
    fixture f;
    CHECK(f.calls_for(encode_server_frame(text_frame("a"))) == names{"read", "write", "wait"});
  }

  TEST_CASE("the replies of all that came leave in one write") {
    fixture f;
    std::string frames;
    for (int i = 0; i < 100; ++i) frames += encode_server_frame(text_frame("a"));
    CHECK(f.calls_for(frames) == names{"read", "write", "wait"});
  }

  TEST_CASE("of a large message behind another no more is copied than shows so") {
    fixture f;
    const std::string frame = encode_server_frame(binary_frame(std::string(1'000'000, 'x')));
    f.calls_for(frame);
    const std::size_t shared = recording::calls.front().room;
    CHECK(f.largest_room() == shared);
    recording::calls.clear();
    f.peer.write(frame + frame);
    poll(f.io);
    CHECK(f.handler().received == 3);
    // One before each, and one that finds nothing more; all else goes to its place.
    const auto& buffer = recording::calls.front();
    CHECK(buffer.room < shared / 8);
    const auto shares = [&](const call& c) { return c.place == buffer.place; };
    CHECK(std::ranges::count_if(recording::calls, shares) == 3);
  }

  TEST_CASE("what a violation leaves is read away in large pieces") {
    fixture f;
    const std::string frame = encode_server_frame(text_frame(std::string(100'000, 'x') + "\xff y"));
    f.calls_for(frame.substr(0, frame.size() - 3));
    f.peer.limit_read(1);
    f.calls_for("\xff");
    f.peer.limit_read(memory_peer::unlimited);
    f.calls_for(std::string(200'000, 'x'));
    CHECK(recording::calls.size() < 10);
    CHECK(f.peer.bytes_read() > 300'000);
  }

  TEST_CASE("what follows a large message, if it is no other, is read as ever") {
    fixture f;
    const std::string frame = encode_server_frame(binary_frame(std::string(1'000'000, 'x')));
    f.calls_for(frame);
    const std::size_t shared = recording::calls.front().room;
    f.calls_for(encode_server_frame(binary_frame("small")));
    CHECK(recording::calls.front().room < shared);
    f.calls_for(encode_server_frame(binary_frame("small")));
    CHECK(recording::calls.front().room == shared);
    CHECK(f.handler().received == 3);
  }
}
