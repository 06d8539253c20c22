#include "support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <stdexcept>

// What workers call, and what becomes of their answers.

namespace {

using namespace offload_test;

struct echo {
  wsx::action handle_frame(wsx::text m) { return wsx::reply(m); }
};

struct both_kinds {
  lines* seen;

  void handle_frame(wsx::text m) { seen->push_back("text " + std::string(m.payload)); }
  wsx::action handle_frame(wsx::binary m, worker_session& s) {
    seen->push_back("binary");
    CHECK_FALSE(s.send(wsx::text{"first"}));
    return wsx::reply(m);
  }
};

struct whole {
  lines* seen;

  void handle_frame(wsx::message m) { seen->push_back(std::string(m.text())); }
};

// A coroutine that keeps a reference across a wait.
struct patient {
  lines* seen;

  asio::awaitable<wsx::action> handle_frame(const wsx::message& m, worker_session& s) {
    asio::steady_timer soon(co_await asio::this_coro::executor, 0s);
    s.send(wsx::text{"begun"});
    co_await soon.async_wait(asio::use_awaitable);
    seen->push_back(std::string(m.text()));
    co_return wsx::reply(m);
  }
};

struct patient_void {
  lines* seen;

  asio::awaitable<void> handle_frame(wsx::text m) {
    seen->push_back(std::string(m.payload));
    co_return;
  }
};

struct closing {
  wsx::action handle_frame(wsx::text) {
    return wsx::reply("bye").close(wsx::close_code{4001}, "x");
  }
};

struct wrong {
  wsx::action handle_frame(wsx::text) { return wsx::reply(wsx::text{"\xFF"}); }
};

struct note {
  std::string words;
};

struct told {
  lines* seen;

  void handle_frame(wsx::text m, worker_session& s) {
    CHECK(s.post(*this, note{std::string(m.payload)}));
  }
  wsx::action handle_info(const note& n) {
    seen->push_back(n.words);
    return wsx::reply(n.words);
  }
};

struct callbacks {
  lines* seen;

  void handle_frame(wsx::text) {}
  void init(const wsx::connection_info&) { seen->push_back("init"); }
  wsx::action handle_connect(const wsx::connection_info&) { return wsx::reply("hello"); }
  void handle_cast(int n) { seen->push_back("cast " + std::to_string(n)); }
  void terminate(const wsx::close_reason&, wsx::session&) { seen->push_back("terminate"); }
};

TEST_SUITE("offload/handling") {
  TEST_CASE("a message is handled by a worker, and its reply sent by the strand") {
    offload_fixture<echo> f(offload_options{});
    auto peer = f.open();
    peer.write(text_frame("hello"));
    f.settle();
    CHECK(frames_of(peer).empty());
    CHECK(f.stats().waiting == 1);
    CHECK(f.stats().waiting_bytes == 5);
    f.run();
    CHECK(frames_of(peer) == lines{"text \"hello\""});
    CHECK(f.stats().handled == 1);
    CHECK(f.stats().waiting_bytes == 0);
  }

  TEST_CASE("each kind of message has its own handle_frame") {
    lines seen;
    offload_fixture<both_kinds> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    peer.write(binary_frame("b"));
    f.run();
    CHECK(seen == lines{"text a", "binary"});
    CHECK(frames_of(peer) == lines{"text \"first\"", "binary \"b\""});
  }

  TEST_CASE("a handle_frame that takes a message gets both kinds") {
    lines seen;
    offload_fixture<whole> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    peer.write(binary_frame("b"));
    f.run();
    CHECK(seen == lines{"a", "b"});
  }

  TEST_CASE("a kind that the handler does not take is refused with 1003") {
    offload_fixture<echo> f(offload_options{});
    auto peer = f.open();
    peer.write(binary_frame("b"));
    f.run();
    CHECK(frames_of(peer).front().starts_with("close 1003"));
  }

  TEST_CASE("handle_frame may be a coroutine, which keeps its message") {
    lines seen;
    offload_fixture<patient> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a payload that is longer than a short string"));
    auto done = [&] {
      f.run();
      return seen.size() == 1;
    };
    CHECK(run_until(f.pool, done));
    f.run();
    CHECK(frames_of(peer) ==
          lines{"text \"begun\"", "text \"a payload that is longer than a short string\""});
  }

  TEST_CASE("a coroutine may return nothing") {
    lines seen;
    offload_fixture<patient_void> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    f.run();
    CHECK(seen == lines{"a", "b"});
  }

  TEST_CASE("an action closes") {
    offload_fixture<closing> f(offload_options{});
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.run();
    CHECK(frames_of(peer) == lines{"text \"bye\"", "close 4001 \"x\""});
  }

  TEST_CASE("a reply that RFC 6455 forbids fails the connection with its own code") {
    offload_fixture<wrong> f(offload_options{});
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.run();
    peer.close();
    f.run();
    CHECK(f.ended.failed(errc::invalid_text));
  }

  TEST_CASE("a worker posts to the strand's handle_info") {
    lines seen;
    offload_fixture<told> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    f.run();
    CHECK(seen == lines{"a", "b"});
    CHECK(frames_of(peer) == lines{"text \"a\"", "text \"b\""});
  }

  TEST_CASE("what does not fit into the mailbox is counted") {
    auto o = calm();
    o.mailbox_size = 1;
    lines seen;
    offload_fixture<told> f(std::in_place, o, offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    f.settle();
    CHECK(f.work());  // both, before the strand looks
    f.run();
    CHECK(seen == lines{"a"});
    CHECK(f.stats().replies_dropped == 1);
  }

  TEST_CASE("all other callbacks are the handler's own") {
    lines seen;
    offload_fixture<callbacks> f(offload_options{}, &seen);
    auto peer = f.open();
    CHECK(f.client->cast(7));
    f.run();
    CHECK(frames_of(peer) == lines{"text \"hello\""});
    f.client->close(asio::detached);
    f.run();
    peer.write(close_frame());
    peer.close();
    f.run();
    CHECK(f.ended.ok());
    CHECK(seen == lines{"init", "cast 7", "terminate"});
  }

  TEST_CASE("without a pool, handlers share threads of the process") {
    client_fixture<wsx::offloaded<echo>> f;
    auto peer = f.open();
    peer.write(text_frame("a"));
    lines sent;
    CHECK(run_until(f.io, [&] { return !(sent = frames_of(peer)).empty(); }));
    CHECK(sent == lines{"text \"a\""});
  }

  TEST_CASE("options out of range are refused") {
    CHECK_THROWS_AS(wsx::offloaded<echo>(with(overflow_policy::wait, 0)), std::invalid_argument);
  }
}

}  // namespace
