#include "../support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>

// Input that has been read, or could be, when something else comes first: nothing of it is lost.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::minutes;

struct record {
  std::size_t messages = 0;
  std::function<void()> first;  // what the first of them does

  void message() {
    if (messages++ == 0) first();
  }
};

struct plain {
  record* r;
  void handle_frame(wsx::text) { r->message(); }
};

struct coroutines {
  record* r;
  asio::awaitable<void> handle_frame(wsx::text) {
    r->message();
    co_return;
  }
};

// Both sides close at once: the server's Close lies behind messages that have been read, and are of
// no use any more.
enum class end { with_it, later, behind_more };

template <class Handler>
void check_close_behind_messages(end when) {
  record r;
  client_fixture<Handler> f({&r});
  outcome closed;
  r.first = [&] {
    f.clock->advance(minutes(1));  // its turn is over
    f.client->close(closed.token());
  };
  memory_peer peer = f.open();
  peer.discard_written();
  std::string frames;
  for (int i = 0; i < 40; ++i) frames += encode_server_frame(text_frame("a"));
  peer.write(frames + encode_server_frame(close_frame(1000, "bye")));
  if (when == end::with_it) peer.close();
  poll(f.io);
  CHECK(r.messages < 40);
  CHECK(frames_of(peer).size() == 1);
  if (when == end::behind_more) peer.write(text_frame(std::string(1000, 'z')));
  if (when != end::with_it) peer.close();
  poll(f.io);
  CHECK(closed.ok());
  CHECK(f.ended.ok());
  CHECK(f.ended.reason.received == wsx::close_code::normal);
  CHECK(f.ended.reason.clean);
}

// Replies to a message with as much as may wait.
struct answers_mail {
  lines* seen;
  wsx::action handle_cast(std::string reply) {
    seen->push_back("cast");
    return wsx::reply(reply);
  }
  void handle_frame(wsx::text t) { seen->push_back(std::string(t.payload)); }
};

}  // namespace

TEST_SUITE("behavior/connection/leftover_input") {
  TEST_CASE_TEMPLATE("the server's Close behind messages that came before it", Handler, plain,
                     coroutines) {
    for (const end when : {end::with_it, end::later, end::behind_more})
      check_close_behind_messages<Handler>(when);
  }

  TEST_CASE("the server's Close that came with its response, and the first callback closes") {
    struct closes {
      wsx::action handle_connect(const wsx::connection_info&) { return wsx::close(); }
      void handle_frame(wsx::text) {}
    };
    client_fixture<closes> f;
    memory_peer peer = f.dial();
    peer.accept();
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(f.ended.ok());
    CHECK(f.ended.reason.received == wsx::close_code::normal);
    CHECK(f.ended.reason.clean);
  }

  TEST_CASE("reading goes on when a message's reply, which kept from it, has gone") {
    lines seen;
    client_fixture<answers_mail> f({&seen}, calm().set(&wsx::options::max_reply_bytes, 1024));
    memory_peer peer = f.open();
    // First the transport's readiness, then the turn that begins with the message.
    peer.write(text_frame("hello"));
    f.client->cast(std::string(1024 - 8, 'x'));
    poll(f.io);
    CHECK(seen == lines{"cast", "hello"});
  }

  // In the memory that other connections of the thread use after this one.
  TEST_CASE("what a callback that waits was given stays where it is") {
    struct views {
      asio::steady_timer* gate;
      std::string* copy;
      asio::awaitable<void> handle_frame(wsx::text t) {
        std::error_code ignored;
        co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        *copy = std::string(t.payload);
      }
    };
    const auto in_pieces = [](memory_peer& peer, char c) {
      const std::string half(500, c);
      peer.write(server_frame{.payload = half, .fin = false});
      peer.write(continuation_frame(half, true));
    };
    std::string first;
    std::string second;
    client_fixture<views> f({nullptr, &first});
    std::optional<asio::steady_timer> gate(std::in_place, f.io,
                                           asio::steady_timer::time_point::max());
    f.handler().gate = &*gate;
    memory_peer peer = f.open();
    in_pieces(peer, 'x');
    poll(f.io);
    f.let_pass(minutes(1));
    memory_listener there("another");
    memory_client<views> other(f.io.get_executor(), views{&*gate, &second});
    other.connect(there.url(), [](std::error_code) {});
    poll(f.io);
    memory_peer its = there.next().value();
    its.accept();
    in_pieces(its, 'y');
    poll(f.io);
    gate->cancel();
    poll(f.io);
    CHECK(first == std::string(1000, 'x'));
    CHECK(second == std::string(1000, 'y'));
    gate.reset();  // before the I/O context
  }
}
