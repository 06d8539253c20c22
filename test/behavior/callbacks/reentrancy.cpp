#include "../support.hpp"

#include <asio/awaitable.hpp>
#include <asio/post.hpp>

#include <string>
#include <string_view>

// No call on the client's strand calls the handler: what follows from it comes after that call has
// returned.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// The callbacks that were called, and the session.
struct record {
  lines called;
  wsx::session* session = nullptr;
};

// A reply that stops reading until it has left.
wsx::action long_answer() {
  return wsx::reply(wsx::text{std::string(300'000, 'x')});
}

struct plain {
  record* r;

  void handle_connect(const wsx::connection_info&, wsx::session& of) { r->session = &of; }
  wsx::action handle_frame(wsx::text t) {
    r->called.push_back("frame " + std::string(t.payload));
    return long_answer();
  }
  void handle_cast(int) { r->called.push_back("cast"); }
  void handle_disconnect(const wsx::disconnect&) { r->called.push_back("disconnect"); }
  void terminate(const wsx::close_reason&) { r->called.push_back("terminate"); }
};

struct coroutines {
  record* r;

  void handle_connect(const wsx::connection_info&, wsx::session& of) { r->session = &of; }
  asio::awaitable<wsx::action> handle_frame(wsx::text t) {
    r->called.push_back("frame " + std::string(t.payload));
    co_return long_answer();
  }
  asio::awaitable<void> handle_cast(int) {
    r->called.push_back("cast");
    co_return;
  }
  asio::awaitable<void> handle_disconnect(const wsx::disconnect&) {
    r->called.push_back("disconnect");
    co_return;
  }
  void terminate(const wsx::close_reason&) { r->called.push_back("terminate"); }
};

wsx::options small_queue() {
  auto o = calm();
  o.send_queue_size = 256;
  o.max_reply_bytes = 256 * 1024;
  return o;
}

// An idle client, whose session is known.
template <class Handler>
struct fixture : record, client_fixture<Handler> {
  fixture() : client_fixture<Handler>({this}, small_queue()), peer(open()) {}

  // Does `what` on the strand, then runs what there is to run. What was called is `within` that
  // call, or `later`.
  template <class What>
  void on_strand(What what) {
    asio::post(this->client->get_executor(), [this, what] {
      this->called.clear();
      what();
      within = std::exchange(this->called, {});
    });
    poll(this->io);
    later = std::exchange(this->called, {});
  }

  // A long answer waits for the rest of a producer's message, and reading for the answer.
  void stop_reading() {
    CHECK(this->client->try_send(begins("a")));
    poll(this->io);
    peer.write(text_frame("a"));
    poll(this->io);
    CHECK(this->called == lines{"frame a"});
  }

  // Longer than the queue, so that it is written at once.
  void send(const wsx::fragment& rest) { this->client->send(rest, sent.token()); }

  lines within;
  lines later;
  outcome sent;
  const std::string large = std::string(1000, 'x');
  memory_peer peer;

 private:
  // Once the sender has been used: a new one writes nothing at once.
  memory_peer open() {
    CHECK(!this->client->try_send(wsx::text{"early"}));
    return client_fixture<Handler>::open();
  }
};

// One that connects again and again.
struct persistent : plain {
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    r->called.push_back("disconnect");
    return wsx::reconnect();
  }
};

}  // namespace

TEST_SUITE("behavior/callbacks/reentrancy") {
  TEST_CASE("session.close, while the client connects") {
    for (const bool handshaking : {false, true}) {
      CAPTURE(handshaking);
      fixture<persistent> f;
      if (!handshaking) f.server.hold();
      f.peer.close();
      poll(f.io);
      CHECK(f.called == lines{"disconnect"});
      f.on_strand([&] { CHECK(!f.session->close()); });
      CHECK(f.within.empty());
      CHECK(f.later == lines{"terminate"});
      CHECK(f.ended.ok());
    }
  }

  TEST_CASE_TEMPLATE("a send that lets replies go, so that reading goes on", H, plain, coroutines) {
    fixture<H> f;
    f.stop_reading();
    f.peer.write(text_frame("b"));
    poll(f.io);
    f.on_strand([&] { f.send(ends(f.large)); });
    CHECK(f.within.empty());
    CHECK(f.later == lines{"frame b"});
    CHECK(f.sent.ok());
  }

  TEST_CASE_TEMPLATE("a send that fails, so that no reply will go", H, plain, coroutines) {
    fixture<H> f;
    f.stop_reading();
    f.peer.write(text_frame("b"));
    poll(f.io);
    f.peer.fail_writes(asio::error::broken_pipe);
    f.on_strand([&] { f.send(ends(f.large)); });
    CHECK(f.within.empty());
    CHECK(f.later == lines{"frame b"});
  }

  TEST_CASE_TEMPLATE("a send that fails, with a message in the mailbox", H, plain, coroutines) {
    fixture<H> f;
    f.peer.fail_writes(asio::error::broken_pipe);
    f.on_strand([&] {
      CHECK(f.client->cast(1));
      f.send(begins(f.large));
    });
    CHECK(f.within.empty());
    CHECK(f.later == lines{"cast"});
  }

  TEST_CASE_TEMPLATE("close, where the server's end has not been read", H, plain, coroutines) {
    fixture<H> f;
    f.stop_reading();
    f.peer.close();
    poll(f.io);
    f.on_strand([&] { CHECK_FALSE(f.session->close()); });
    CHECK(f.within.empty());
    CHECK(f.later == lines{"disconnect", "terminate"});
  }

  TEST_CASE_TEMPLATE("the destructor", H, plain, coroutines) {
    fixture<H> f;
    SUBCASE("while there is something to read") {
      f.stop_reading();
      f.peer.write(text_frame("b"));
      poll(f.io);
    }
    SUBCASE("with a message in the mailbox") {
      CHECK(f.client->cast(1));
    }
    f.on_strand([&] { f.client.reset(); });
    CHECK(f.within.empty());
    CHECK(f.later.empty());
  }
}
