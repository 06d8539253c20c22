#include "../support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// What a callback throws ends the client: the server gets Close 1011, then comes `terminate`.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct unlucky : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a handler has been through. The callback named `throws` throws, the first time or each time.
struct record {
  std::string throws{};
  bool always = false;
  lines seen{};
  std::vector<wsx::close_reason> told{};  // by handle_disconnect and terminate

  void run(std::string name) {
    seen.push_back(name);
    if (name != throws) return;
    if (!always) throws.clear();
    throw unlucky(name);
  }
};

asio::awaitable<void> breathe() {
  asio::steady_timer soon(co_await asio::this_coro::executor, std::chrono::nanoseconds(0));
  co_await soon.async_wait(asio::use_awaitable);
}

// All callbacks are plain functions.
struct plain {
  record* r;

  void init(const wsx::connection_info&) { r->run("init"); }
  void handle_connect(const wsx::connection_info&) { r->run("connect"); }
  void handle_frame(wsx::text) { r->run("text"); }
  void handle_frame(wsx::binary) { r->run("binary"); }
  void handle_ping(wsx::ping) { r->run("ping"); }
  void handle_pong(wsx::pong) { r->run("pong"); }
  void handle_cast(int) { r->run("cast"); }
  void handle_info(int) { r->run("info"); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    r->told.push_back(d.reason);
    r->run("disconnect");
    return wsx::reconnect();
  }
  void terminate(const wsx::close_reason& reason) {
    r->told.push_back(reason);
    r->run("terminate");
  }
};

// All are coroutines, which throw after they have waited.
struct awaiting {
  record* r;

  asio::awaitable<void> init(const wsx::connection_info&) { return run("init"); }
  asio::awaitable<void> handle_connect(const wsx::connection_info&) { return run("connect"); }
  asio::awaitable<void> handle_frame(wsx::text) { return run("text"); }
  asio::awaitable<void> handle_frame(wsx::binary) { return run("binary"); }
  asio::awaitable<void> handle_ping(wsx::ping) { return run("ping"); }
  asio::awaitable<void> handle_pong(wsx::pong) { return run("pong"); }
  asio::awaitable<void> handle_cast(int) { return run("cast"); }
  asio::awaitable<void> handle_info(int) { return run("info"); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect& d) {
    r->told.push_back(d.reason);
    auto running = run("disconnect");
    co_await std::move(running);
    co_return wsx::reconnect();
  }
  asio::awaitable<void> terminate(const wsx::close_reason& reason) {
    r->told.push_back(reason);
    return run("terminate");
  }

 private:
  asio::awaitable<void> run(std::string name) {
    auto waiting = breathe();
    co_await std::move(waiting);
    r->run(name);
  }
};

std::string what_of(const wsx::close_reason& reason) {
  try {
    if (reason.exception) std::rethrow_exception(reason.exception);
  } catch (const unlucky& e) {
    return e.what();
  } catch (...) {
    return "something else";
  }
  return "nothing";
}

bool failed_by(const wsx::close_reason& reason, const std::string& callback) {
  return reason.error == wsx::errc::handler_failed && what_of(reason) == callback &&
         reason.origin == wsx::close_origin::error;
}

wsx::options reconnecting() {
  return calm().set(&wsx::options::reconnect_after_exception, true);
}

// A client, one of whose callbacks throws.
template <class Handler>
struct fixture : record, client_fixture<Handler> {
  explicit fixture(std::string callback, wsx::options options = calm())
      : record{std::move(callback)}, client_fixture<Handler>(Handler{this}, std::move(options)) {}

  // Runs until nothing is left to do but to wait for the server.
  void settle(std::size_t calls) {
    REQUIRE(this->run_until([&] { return seen.size() >= calls; }));
    poll(this->io);
  }

  memory_peer open_settled() {
    memory_peer peer = this->open();
    settle(2);
    REQUIRE(this->client->is_open());
    peer.discard_written();
    return peer;
  }

  // Makes the callback of that name be called.
  void provoke(const std::string& name, memory_peer& peer) {
    if (name == "text") peer.write(text_frame("a"));
    if (name == "binary") peer.write(binary_frame("a"));
    if (name == "ping") peer.write(ping_frame("a"));
    if (name == "pong") peer.write(pong_frame("a"));
    if (name == "cast") this->client->cast(1);
    if (name == "info") this->client->post(1);
    const std::size_t calls = seen.size() + 1;
    settle(calls);
  }

  // The server does what RFC 6455 5.5.1 and 7.1.1 want of it.
  void answer_close(memory_peer& peer) {
    peer.write(close_frame(1011));
    peer.close();
    poll(this->io);
  }
};

const std::vector<std::string> callbacks{"text", "binary", "ping", "pong", "cast", "info"};

}  // namespace

TEST_SUITE("behavior/callbacks/exceptions") {
  TEST_CASE_TEMPLATE("Close 1011, then terminate, and handle_disconnect is not asked", Handler,
                     plain, awaiting) {
    for (const auto& name : callbacks) {
      CAPTURE(name);
      fixture<Handler> f(name);
      memory_peer peer = f.open_settled();
      f.provoke(name, peer);
      const lines written = frames_of(peer);
      REQUIRE(written.size() == 1);
      CHECK(written[0].starts_with("close 1011"));
      CHECK(!f.ended.done());
      f.answer_close(peer);
      f.settle(4);
      REQUIRE(f.run_until([&] { return f.ended.done(); }));
      CHECK(f.seen == lines{"init", "connect", name, "terminate"});
      CHECK(f.ended.failed(wsx::errc::handler_failed));
      CHECK(failed_by(f.ended.reason, name));
      REQUIRE(f.told.size() == 1);
      CHECK(failed_by(f.told[0], name));
      CHECK(f.server.accepted() == 1);
    }
  }

  TEST_CASE_TEMPLATE("reconnect_after_exception: it is asked, and may reconnect", Handler, plain,
                     awaiting) {
    for (const auto& name : callbacks) {
      CAPTURE(name);
      fixture<Handler> f(name, reconnecting());
      memory_peer peer = f.open_settled();
      f.provoke(name, peer);
      f.answer_close(peer);
      f.settle(4);
      REQUIRE(f.run_until([&] { return f.server.accepted() == 2; }));
      poll(f.io);
      auto next = f.server.next();
      REQUIRE(next);
      next->accept();
      f.settle(5);
      CHECK(f.seen == lines{"init", "connect", name, "disconnect", "connect"});
      CHECK(!f.ended.done());
      REQUIRE(f.told.size() == 1);
      CHECK(failed_by(f.told[0], name));
      CHECK(works(f, *next));
    }
  }

  TEST_CASE_TEMPLATE("a later handle_connect that throws ends its connection", Handler, plain,
                     awaiting) {
    for (const bool may_reconnect : {false, true}) {
      CAPTURE(may_reconnect);
      fixture<Handler> f("", may_reconnect ? reconnecting() : calm());
      f.open_settled().close();
      REQUIRE(f.run_until([&] { return f.server.accepted() == 2; }));
      poll(f.io);
      f.throws = "connect";
      memory_peer peer = f.server.next().value();
      peer.accept();
      f.settle(4);
      const lines written = frames_of(peer);
      REQUIRE(written.size() == 1);
      CHECK(written[0].starts_with("close 1011"));
      f.answer_close(peer);
      f.settle(5);
      CHECK(f.seen == lines{"init", "connect", "disconnect", "connect",
                            may_reconnect ? "disconnect" : "terminate"});
      CHECK(f.connected.ok());
      CHECK(f.ended.done() == !may_reconnect);
    }
  }

  TEST_CASE_TEMPLATE("init and the first handle_connect: connect fails as well", Handler, plain,
                     awaiting) {
    for (const std::string name : {"init", "connect"}) {
      CAPTURE(name);
      fixture<Handler> f(name);
      memory_peer peer = f.open();
      f.settle(name == "init" ? 1 : 2);
      const lines written = frames_of(peer);
      REQUIRE(written.size() == 1);
      CHECK(written[0].starts_with("close 1011"));
      f.answer_close(peer);
      REQUIRE(f.run_until([&] { return f.ended.done() && f.connected.done(); }));
      CHECK(f.connected.failed(wsx::errc::handler_failed));
      CHECK(f.ended.failed(wsx::errc::handler_failed));
      CHECK(failed_by(f.ended.reason, name));
      CHECK(f.seen ==
            (name == "init" ? lines{"init", "terminate"} : lines{"init", "connect", "terminate"}));
    }
  }

  TEST_CASE("connect completes after the first handle_connect, and not before") {
    struct waits {
      asio::steady_timer* gate;
      void handle_frame(wsx::text) {}
      asio::awaitable<void> handle_connect(const wsx::connection_info&) {
        std::error_code ignored;
        co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      }
    };
    client_fixture<waits> f(waits{nullptr});
    asio::steady_timer gate(f.io, asio::steady_timer::time_point::max());
    f.handler().gate = &gate;
    memory_peer peer = f.open();
    CHECK(!f.connected.done());
    gate.cancel();
    poll(f.io);
    CHECK(f.connected.ok());
    CHECK(works(f, peer));
  }

  TEST_CASE("what callbacks replied before goes out, nothing behind is delivered") {
    struct replies {
      int* seen;
      wsx::action handle_frame(wsx::text t) {
        ++*seen;
        if (t.payload == "bad") throw unlucky("bad");
        return wsx::reply(t);
      }
    };
    int seen = 0;
    client_fixture<replies> f({&seen});
    memory_peer peer = f.open();
    peer.discard_written();
    std::string frames;
    for (const char* text : {"a", "b", "bad", "c"}) frames += encode_server_frame(text_frame(text));
    peer.write(frames);
    poll(f.io);
    const lines written = frames_of(peer);
    REQUIRE(written.size() == 3);
    CHECK(lines(written.begin(), written.begin() + 2) == lines{"text \"a\"", "text \"b\""});
    CHECK(written[2].starts_with("close 1011"));
    CHECK(seen == 3);
  }

  TEST_CASE_TEMPLATE("handle_disconnect and terminate: join is told", Handler, plain, awaiting) {
    for (const bool may_reconnect : {false, true}) {
      for (const std::string name : {"disconnect", "terminate"}) {
        CAPTURE(may_reconnect);
        CAPTURE(name);
        fixture<Handler> f("", may_reconnect ? reconnecting() : calm());
        f.throws = name;
        memory_peer peer = f.open_settled();
        if (name == "terminate") {
          f.client->close([](std::error_code) {});
          poll(f.io);
          peer.write(close_frame());
        }
        peer.close();
        REQUIRE(f.run_until([&] { return f.ended.done(); }));
        CHECK(f.seen == lines{"init", "connect", "disconnect", "terminate"});
        CHECK(f.ended.failed(wsx::errc::handler_failed));
        CHECK(failed_by(f.ended.reason, name));
        CHECK(f.server.accepted() == 1);
      }
    }
  }

  TEST_CASE("a callback that throws on each connection is asked for as often") {
    fixture<plain> f("connect", reconnecting());
    f.throws.clear();
    f.open_settled().close();
    poll(f.io);
    f.throws = "connect";
    f.always = true;
    for (std::size_t i = 2; i <= 4; ++i) {
      REQUIRE(f.server.accepted() == i);
      memory_peer peer = f.server.next().value();
      peer.accept();
      poll(f.io);
      f.answer_close(peer);
      CHECK(f.seen.back() == "disconnect");
      CHECK(failed_by(f.told.back(), "connect"));
    }
    CHECK(!f.ended.done());
  }

  TEST_CASE(
      "the server that is not told anything more: what it said stands, but for the exception") {
    fixture<plain> f("text");
    memory_peer peer = f.open_settled();
    peer.fail_writes(asio::error::broken_pipe);
    peer.write(text_frame("a"));
    peer.close();
    poll(f.io);
    CHECK(f.seen == lines{"init", "connect", "text", "terminate"});
    CHECK(f.ended.failed(wsx::errc::handler_failed));
    CHECK(failed_by(f.ended.reason, "text"));
  }
}
