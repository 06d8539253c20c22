#include "../support.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

// A busy client shares its thread: its turns end by time.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using duration = virtual_clock::duration;

// What a callback takes, by the virtual clock.
constexpr microseconds work{10};

// The client looks at the clock at least this often.
constexpr int messages_a_look = 32;

constexpr int many = 4000;

// What a handler has got, and the clock that it takes time by.
struct load {
  virtual_clock* time = nullptr;
  std::vector<int> seen{};
  bool got_large = false;

  void take(std::string_view number) {
    time->advance(work);
    seen.push_back(std::stoi(std::string(number)));
  }
};

struct plain {
  load* l;
  void handle_frame(wsx::text t) { l->take(t.payload); }
  void handle_cast(std::string number) { l->take(number); }
  void handle_frame(wsx::binary) { l->got_large = true; }
};

// Never suspended: it has no other reason to give way.
struct coroutine {
  load* l;
  asio::awaitable<void> handle_frame(wsx::text t) {
    l->take(t.payload);
    co_return;
  }
  asio::awaitable<void> handle_cast(std::string number) {
    l->take(number);
    co_return;
  }
  asio::awaitable<void> handle_frame(wsx::binary) {
    l->got_large = true;
    co_return;
  }
};

struct pieces {
  load* l;
  std::string text{};
  void handle_fragment(wsx::fragment f) {
    text += wsx::as_chars(f.payload);
    if (f.last) l->take(std::exchange(text, {}));
  }
  void handle_cast(std::string number) { l->take(number); }
};

std::vector<int> numbers() {
  std::vector<int> all;
  for (int i = 0; i < many; ++i) all.push_back(i);
  return all;
}

// Something else on the same thread, which is always ready to run.
class other_work {
 public:
  other_work(asio::io_context& io, std::function<void()> each) : io_(io), each_(std::move(each)) {}

  // Runs until `done`.
  void run(const std::function<bool()>& done) {
    asio::post(io_, [this, done] {
      each_();
      if (!done()) run(done);
    });
  }

 private:
  asio::io_context& io_;
  std::function<void()> each_;
};

template <class Handler>
struct fixture : load, client_fixture<Handler> {
  explicit fixture(wsx::options options = calm())
      : client_fixture<Handler>(Handler{this}, std::move(options)) {
    time = &*this->clock;
  }

  memory_peer open(const accept_options& how = {}) {
    memory_peer peer = this->dial();
    peer.accept(how);
    poll(this->io);
    REQUIRE(this->connected.ok());
    return peer;
  }

  // The longest time between two turns of other work, until all has been handled.
  duration longest_wait() {
    duration longest{};
    auto last = this->clock->now();
    other_work other(this->io, [&] {
      longest = std::max(longest, this->clock->now() - last);
      last = this->clock->now();
    });
    other.run([&] { return this->seen.size() >= std::size_t{many} || this->ended.done(); });
    poll(this->io);
    return std::max(longest, this->clock->now() - last);
  }
};

// All of it in one read.
std::string all_frames() {
  std::string frames;
  for (int i = 0; i < many; ++i) frames += encode_server_frame(text_frame(std::to_string(i)));
  return frames;
}

constexpr duration most_after(duration turn) {
  return turn + messages_a_look * work;
}

// Compression that lasts from message to message, as a server offers it.
struct compressed {
  compressed() { options.deflate = wsx::deflate_options(); }

  server_frame frame(std::uint8_t opcode, const std::string& payload) {
    auto f = opcode == opcodes::text ? text_frame(deflater.message(payload))
                                     : binary_frame(deflater.message(payload));
    f.rsv = rsv1;
    return f;
  }

  accept_options how{.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}};
  wsx::options options = calm();
  server_deflater deflater;
};

}  // namespace

TEST_SUITE("behavior/connection/fair_turns") {
  TEST_CASE_TEMPLATE("one read of many messages: others have their turn in time", Handler, plain,
                     coroutine, pieces) {
    fixture<Handler> f;
    memory_peer peer = f.open();
    peer.write(all_frames());
    const auto longest = f.longest_wait();
    CHECK(f.seen == numbers());
    CHECK(longest <= most_after(milliseconds(1)));
    CHECK(f.client->is_open());
  }

  TEST_CASE_TEMPLATE("casts: others have their turn in time", Handler, plain, coroutine) {
    fixture<Handler> f;
    f.open();
    for (int i = 0; i < many; ++i) REQUIRE(f.client->cast(std::to_string(i)));
    const auto longest = f.longest_wait();
    CHECK(f.seen == numbers());
    CHECK(longest <= most_after(milliseconds(1)));
  }

  TEST_CASE_TEMPLATE("casts that came before the connection: others have their turn in time",
                     Handler, plain, coroutine) {
    fixture<Handler> f;
    for (int i = 0; i < many; ++i) REQUIRE(f.client->cast(std::to_string(i)));
    memory_peer peer = f.dial();
    peer.accept();
    const auto longest = f.longest_wait();
    CHECK(f.seen == numbers());
    CHECK(longest <= most_after(milliseconds(1)));
  }

  TEST_CASE_TEMPLATE("frames that came in one piece with the handshake's response", Handler, plain,
                     coroutine, pieces) {
    fixture<Handler> f;
    memory_peer peer = f.dial();
    const std::string request = peer.take_written();
    std::string_view left = request;
    peer.write(make_accept_response(parse_request(left).value()) + all_frames());
    const auto longest = f.longest_wait();
    CHECK(f.seen == numbers());
    CHECK(longest <= most_after(milliseconds(1)));
  }

  TEST_CASE_TEMPLATE("compressed messages", Handler, plain, coroutine) {
    compressed c;
    fixture<Handler> f(c.options);
    memory_peer peer = f.open(c.how);
    std::string frames;
    for (int i = 0; i < many; ++i)
      frames += encode_server_frame(c.frame(opcodes::text, std::to_string(i)));
    peer.write(frames);
    const auto longest = f.longest_wait();
    CHECK(f.seen == numbers());
    CHECK(longest <= most_after(milliseconds(1)));
  }

  TEST_CASE_TEMPLATE("max_turn says how long a turn is; zero: as short as can be", Handler, plain,
                     coroutine) {
    for (const microseconds turn : {microseconds(0), microseconds(5000)}) {
      CAPTURE(turn.count());
      fixture<Handler> f(calm().set(&wsx::options::max_turn, turn));
      memory_peer peer = f.open();
      peer.write(all_frames());
      const auto longest = f.longest_wait();
      CHECK(f.seen == numbers());
      CHECK(longest <= most_after(turn));
      CHECK(longest >= turn);
    }
  }

  TEST_CASE_TEMPLATE("a message that inflates to 16 MiB: others have their turn meanwhile", Handler,
                     plain, coroutine) {
    compressed c;
    fixture<Handler> f(c.options);
    memory_peer peer = f.open(c.how);
    const std::string large(16 * 1024 * 1024, 'x');
    const std::string frame = encode_server_frame(c.frame(opcodes::binary, large));
    REQUIRE(frame.size() < 64 * 1024);  // of one read
    const auto bytes = [&] { return f.client->stats().bytes_received; };
    const auto before = bytes();
    f.clock->advance_per_look(milliseconds(1));
    peer.write(frame);
    int turns = 0;
    other_work other(f.io, [&] { turns += bytes() > before && !f.got_large ? 1 : 0; });
    other.run([&] { return f.got_large || f.ended.done(); });
    poll(f.io);
    CHECK(f.got_large);
    CHECK(turns >= 4);
  }

  TEST_CASE_TEMPLATE("an abort meanwhile does not wait for the rest", Handler, plain, coroutine) {
    fixture<Handler> f;
    memory_peer peer = f.open();
    peer.write(all_frames());
    other_work other(f.io, [&] {
      if (!f.seen.empty()) f.client->abort();
    });
    other.run([&] { return f.ended.done(); });
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK(f.seen.size() < std::size_t{many} / 4);
    const auto delivered = numbers();
    CHECK(std::equal(f.seen.begin(), f.seen.end(), delivered.begin()));
  }

  TEST_CASE_TEMPLATE("a client that is destroyed meanwhile hears no more", Handler, plain,
                     coroutine) {
    fixture<Handler> f;
    memory_peer peer = f.open();
    peer.write(all_frames());
    std::size_t then = 0;
    other_work other(f.io, [&] {
      if (f.seen.empty() || !f.client) return;
      then = f.seen.size();
      f.client.reset();
    });
    other.run([&] { return !f.client; });
    poll(f.io);
    CHECK(run_out(f.io));
    CHECK(then > 0);
    CHECK(then < std::size_t{many} / 4);
    CHECK(f.seen.size() == then);
  }

  TEST_CASE("replies of a turn leave at its end, and the server's frames behind are handled") {
    struct echoes {
      load* l;
      wsx::action handle_frame(wsx::text t) {
        l->take(t.payload);
        return wsx::reply(t);
      }
    };
    fixture<echoes> f;
    memory_peer peer = f.open();
    peer.discard_written();
    peer.write(all_frames());
    int at_once = 0;
    other_work other(f.io, [&] {
      int frames = 0;
      while (const auto frame = peer.take_frame()) ++frames;
      at_once = std::max(at_once, frames);
    });
    other.run([&] { return f.seen.size() >= std::size_t{many} || f.ended.done(); });
    poll(f.io);
    CHECK(f.seen == numbers());
    CHECK(at_once > 0);
    CHECK(at_once <= most_after(milliseconds(1)) / work);
  }
}
