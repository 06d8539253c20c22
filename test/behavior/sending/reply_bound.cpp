#include "../support.hpp"

#include <asio/steady_timer.hpp>

#include <cstdint>
#include <string>
#include <vector>

// Replies of callbacks while the server takes nothing. `max_reply_bytes` bounds them by reading no
// further, never by failing or losing a reply. A server that stops taking them is given up.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes ping_timeout{2};
constexpr std::size_t limit = 1024 * 1024;
constexpr std::size_t message_size = 16 * 1024;
constexpr std::size_t frame_size = message_size + 8;  // RFC 6455 5.2: with its header and mask
constexpr std::size_t fitting = limit / frame_size;   // messages whose replies fit the limit
constexpr std::size_t in_one_read = 256 * 1024 / message_size;

wsx::options bounded() {
  auto o = calm();
  o.max_reply_bytes = limit;
  o.ping_timeout = ping_timeout;
  return o;
}

struct echo {
  wsx::action handle_frame(wsx::binary m) { return wsx::reply(m); }
};

// An echo without the copy.
struct echo_at_once {
  std::vector<std::error_code> errors{};
  void handle_frame(wsx::binary m, wsx::session& s) {
    if (const auto error = s.send(m)) errors.push_back(error);
  }
};

struct echo_coroutine {
  asio::awaitable<wsx::action> handle_frame(wsx::binary m) { co_return wsx::reply(m); }
};

struct echo_again : echo {
  std::vector<std::error_code>* reasons;
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    reasons->push_back(d.reason.error);
    return wsx::reconnect();
  }
};

// The payload of the message with that number.
std::string payload_of(std::size_t number) {
  std::string text = std::to_string(number) + " ";
  text.resize(message_size, 'x');
  return text;
}

// A client whose server sends a number of messages, and takes nothing.
template <class Handler>
struct fixture : client_fixture<Handler> {
  explicit fixture(Handler handler = Handler(), wsx::options options = bounded())
      : client_fixture<Handler>(std::move(handler), std::move(options)) {}

  void open() {
    peer = client_fixture<Handler>::open();
    peer->discard_written();
    peer->allow_write(0);
  }

  void send(std::size_t messages) {
    for (std::size_t i = 0; i < messages; ++i) peer->write(binary_frame(payload_of(sent++)));
    poll(this->io);
  }

  std::uint64_t received() const { return this->client->stats().messages_received; }

  // The echoes that the server has got are those of its messages, in order.
  void take_echoes() {
    while (const auto frame = peer->take_frame()) {
      if (frame->payload.front() == 'y') continue;  // a producer's
      REQUIRE(frame->payload == payload_of(echoed++));
    }
  }

  // The client gives the server up when `ping_timeout` has passed, and not before.
  void check_given_up() {
    this->let_pass(ping_timeout - seconds(1));
    CHECK(this->client->is_open());
    this->let_pass(seconds(1));
    CHECK(this->ended.failed(wsx::errc::peer_not_reading));
  }

  std::optional<memory_peer> peer;
  std::size_t sent = 0;
  std::size_t echoed = 0;
};

}  // namespace

TEST_SUITE("behavior/sending/reply_bound") {
  TEST_CASE_TEMPLATE("reading goes on until replies fill it, then stops", Handler, echo,
                     echo_at_once, echo_coroutine) {
    fixture<Handler> f;
    f.open();
    f.send(fitting - 1);
    CHECK(f.received() == fitting - 1);
    f.send(256 - f.sent);
    CHECK(f.received() >= fitting);
    CHECK(f.received() <= fitting + in_one_read);
    CHECK(f.client->is_open());
    const auto stopped_at = f.received();
    f.send(16);
    CHECK(f.received() == stopped_at);
    // No reply has failed, and none is lost.
    f.peer->allow_write(memory_peer::unlimited / 2);
    poll(f.io);
    f.take_echoes();
    CHECK(f.echoed == f.sent);
    CHECK(f.received() == f.sent);
    CHECK(f.client->stats().replies_dropped == 0);
    if constexpr (requires { f.handler().errors; }) CHECK(f.handler().errors.empty());
  }

  TEST_CASE_TEMPLATE("reading is resumed by what leaves, though a producer keeps its queue full",
                     Handler, echo, echo_at_once, echo_coroutine) {
    fixture<Handler> f;
    f.open();
    f.send(256);
    const std::string small(4096, 'y');
    const auto fill = [&] {
      while (f.client->try_send(wsx::binary(std::string_view(small)))) {}
    };
    fill();
    const auto stopped_at = f.received();
    CHECK(stopped_at < 256);
    // Each round the server takes as much, and the producer fills its queue again: 20 MiB in all,
    // which is more than what the producer has a right to before replies have left.
    for (int round = 0; round < 320 && f.echoed < 256; ++round) {
      f.peer->allow_write(64 * 1024);
      poll(f.io);
      f.take_echoes();
      fill();
    }
    CHECK(f.received() == 256);
    CHECK(f.echoed == 256);
    CHECK(f.client->is_open());
  }

  TEST_CASE("a server that takes none of them for ping_timeout is given up, also without pings") {
    fixture<echo> f;
    f.open();
    f.send(256);
    f.check_given_up();
    CHECK(f.ended.error == wsx::condition::timeout);
    CHECK(f.ended.error == wsx::condition::transient);
    CHECK(f.ended.reason.origin == wsx::close_origin::error);
    CHECK(f.peer->client_closed());
  }

  TEST_CASE("with pings it is given up as early, however long it is to the next one") {
    for (const auto interval : {minutes(1), minutes(60)}) {
      CAPTURE(interval.count());
      fixture<echo> f({}, bounded().set(&wsx::options::ping_interval, interval));
      f.open();
      f.send(256);
      f.check_given_up();
    }
  }

  TEST_CASE("a server that takes a little of them from time to time lives") {
    fixture<echo> f;
    f.open();
    f.send(256);
    for (int i = 0; i < 10; ++i) {
      f.let_pass(ping_timeout - seconds(1));
      REQUIRE(f.client->is_open());
      f.peer->allow_write(1);
      poll(f.io);
    }
    f.check_given_up();
  }

  TEST_CASE("one that takes them all in the last moment is not given up later") {
    fixture<echo> f;
    f.open();
    f.send(256);
    f.let_pass(ping_timeout - seconds(1));
    f.peer->allow_write(memory_peer::unlimited / 2);
    poll(f.io);
    f.let_pass(hours(24));
    CHECK(f.client->is_open());
    f.take_echoes();
    CHECK(f.echoed == 256);
  }

  TEST_CASE("less than the bound may wait for ever, if there are no pings") {
    fixture<echo> f;
    f.open();
    f.send(fitting / 2);
    f.let_pass(hours(24));
    CHECK(f.client->is_open());
    f.peer->allow_write(memory_peer::unlimited / 2);
    poll(f.io);
    f.take_echoes();
    CHECK(f.echoed == fitting / 2);
  }

  TEST_CASE("its connection can be replaced") {
    std::vector<std::error_code> reasons;
    fixture<echo_again> f({{}, &reasons});
    f.open();
    f.send(256);
    f.let_pass(ping_timeout);
    CHECK(reasons == std::vector<std::error_code>{wsx::errc::peer_not_reading});
    auto next = f.server.next();
    REQUIRE(next);
    next->accept();
    poll(f.io);
    CHECK(works(f, *next));
    f.let_pass(hours(24));
    CHECK(f.client->is_open());
    // Replies belong to their connection.
    CHECK(next->discard_written() == 0);
  }

  TEST_CASE("a client that closes reads on, to hear what the server says") {
    fixture<echo> f;
    f.open();
    f.send(256);
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    f.peer->write(close_frame(4001));
    f.peer->close();
    f.let_pass(minutes(5));
    CHECK(f.ended.done());
    CHECK(f.ended.reason.received == wsx::close_code{4001});
  }
}
