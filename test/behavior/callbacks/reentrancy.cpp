#include "../support.hpp"

#include <asio/awaitable.hpp>
#include <asio/post.hpp>

#include <string>
#include <string_view>

// What the user calls on the client's strand calls nothing of the handler: whatever follows from
// it comes when that call has returned.

namespace {

using namespace client_test;
using namespace wsx::testing;

// The callbacks that were called, and the session.
struct seen {
  lines called;
  wsx::session* session = nullptr;
};

// Answers what no read goes on behind, until it has left.
wsx::action long_answer() {
  return wsx::reply(wsx::text{std::string(300'000, 'x')});
}

struct plain {
  seen* s;

  void handle_connect(const wsx::connection_info&, wsx::session& of) { s->session = &of; }
  wsx::action handle_frame(wsx::text t) {
    s->called.push_back("frame " + std::string(t.payload));
    return long_answer();
  }
  void handle_cast(int) { s->called.push_back("cast"); }
  void handle_disconnect(const wsx::disconnect&) { s->called.push_back("disconnect"); }
  void terminate(const wsx::close_reason&) { s->called.push_back("terminate"); }
};

struct coroutines {
  seen* s;

  void handle_connect(const wsx::connection_info&, wsx::session& of) { s->session = &of; }
  asio::awaitable<wsx::action> handle_frame(wsx::text t) {
    s->called.push_back("frame " + std::string(t.payload));
    co_return long_answer();
  }
  asio::awaitable<void> handle_cast(int) {
    s->called.push_back("cast");
    co_return;
  }
  asio::awaitable<void> handle_disconnect(const wsx::disconnect&) {
    s->called.push_back("disconnect");
    co_return;
  }
  void terminate(const wsx::close_reason&) { s->called.push_back("terminate"); }
};

wsx::options small_queue() {
  auto o = calm();
  o.send_queue_size = 256;
  o.max_reply_bytes = 256 * 1024;
  return o;
}

wsx::fragment begins(std::string_view payload) {
  return {wsx::opcode::text, true, false, wsx::as_bytes(payload)};
}
wsx::fragment ends(std::string_view payload) {
  return {wsx::opcode::text, false, true, wsx::as_bytes(payload)};
}

// A client that rests, and has a session.
template <class Handler>
struct stage {
  // Does `what` on the strand, then runs what there is to run. What was called is `within` that
  // call, or `later`.
  template <class What>
  void on_strand(What what) {
    asio::post(w.client->get_executor(), [this, what] {
      s.called.clear();
      what();
      within = std::exchange(s.called, {});
    });
    poll(w.io);
    later = std::exchange(s.called, {});
  }

  // A long answer waits for the rest of a producer's message, and reading for the answer.
  void stop_reading() {
    CHECK(w.client->try_send(begins("a")));
    poll(w.io);
    peer.write(text_frame("a"));
    poll(w.io);
    CHECK(s.called == lines{"frame a"});
  }

  // Longer than the queue, so that it is written at once.
  void send(const wsx::fragment& rest) { w.client->send(rest, sent.token()); }

  seen s;
  lines within;
  lines later;
  outcome sent;
  const std::string large = std::string(1000, 'x');
  world<Handler> w{{&s}, small_queue()};
  memory_peer peer = open();

 private:
  // Once the sender has been used: a new one writes nothing at once.
  memory_peer open() {
    CHECK(!w.client->try_send(wsx::text{"early"}));
    return w.open();
  }
};

// One that connects again and again.
struct persistent : plain {
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    s->called.push_back("disconnect");
    return wsx::reconnect();
  }
};

}  // namespace

TEST_SUITE("client: within calls") {
  TEST_CASE("session.close, while the client connects") {
    for (const bool handshaking : {false, true}) {
      CAPTURE(handshaking);
      stage<persistent> st;
      if (!handshaking) st.w.server.hold();
      st.peer.close();
      poll(st.w.io);
      CHECK(st.s.called == lines{"disconnect"});
      st.on_strand([&] { CHECK(!st.s.session->close()); });
      CHECK(st.within.empty());
      CHECK(st.later == lines{"terminate"});
      CHECK(st.w.ended.ok());
    }
  }

  TEST_CASE_TEMPLATE("a send that lets replies go, so that reading goes on", H, plain, coroutines) {
    stage<H> t;
    t.stop_reading();
    t.peer.write(text_frame("b"));
    poll(t.w.io);
    t.on_strand([&] { t.send(ends(t.large)); });
    CHECK(t.within.empty());
    CHECK(t.later == lines{"frame b"});
    CHECK(t.sent.ok());
  }

  TEST_CASE_TEMPLATE("a send that fails, so that no reply will go", H, plain, coroutines) {
    stage<H> t;
    t.stop_reading();
    t.peer.write(text_frame("b"));
    poll(t.w.io);
    t.peer.fail_writes(asio::error::broken_pipe);
    t.on_strand([&] { t.send(ends(t.large)); });
    CHECK(t.within.empty());
    CHECK(t.later == lines{"frame b"});
  }

  TEST_CASE_TEMPLATE("a send that fails, with a message in the mailbox", H, plain, coroutines) {
    stage<H> t;
    t.peer.fail_writes(asio::error::broken_pipe);
    t.on_strand([&] {
      CHECK(t.w.client->cast(1));
      t.send(begins(t.large));
    });
    CHECK(t.within.empty());
    CHECK(t.later == lines{"cast"});
  }

  TEST_CASE_TEMPLATE("close, where the server's end has not been read", H, plain, coroutines) {
    stage<H> t;
    t.stop_reading();
    t.peer.close();
    poll(t.w.io);
    t.on_strand([&] { CHECK_FALSE(t.s.session->close()); });
    CHECK(t.within.empty());
    CHECK(t.later == lines{"disconnect", "terminate"});
  }

  TEST_CASE_TEMPLATE("the destructor", H, plain, coroutines) {
    stage<H> t;
    SUBCASE("while there is something to read") {
      t.stop_reading();
      t.peer.write(text_frame("b"));
      poll(t.w.io);
    }
    SUBCASE("with a message in the mailbox") {
      CHECK(t.w.client->cast(1));
    }
    t.on_strand([&] { t.w.client.reset(); });
    CHECK(t.within.empty());
    CHECK(t.later.empty());
  }
}
