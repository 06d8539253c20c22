#include "../support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <stdexcept>

// How callbacks are found and called: whatever they return, with the session or without, and what
// becomes of what they throw.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// Every callback in one of its forms writes its name here.
struct notes {
  lines seen;
  void add(std::string name) { seen.push_back(std::move(name)); }
};

std::string str(wsx::bytes_view bytes) {
  return std::string(wsx::as_chars(bytes));
}

asio::awaitable<void> breathe() {
  asio::steady_timer soon(co_await asio::this_coro::executor, std::chrono::nanoseconds(1));
  co_await soon.async_wait(asio::use_awaitable);
}

struct message {
  int number;
};

// Nothing returned, no session.
struct sync_void {
  notes* log;
  void init(const wsx::connection_info&) { log->add("init"); }
  void handle_connect(const wsx::connection_info&) { log->add("connect"); }
  void handle_frame(wsx::text t) { log->add("text " + std::string(t.payload)); }
  void handle_frame(wsx::binary b) { log->add("binary " + str(b.payload)); }
  void handle_ping(wsx::ping p) { log->add("ping " + str(p.payload)); }
  void handle_pong(wsx::pong p) { log->add("pong " + str(p.payload)); }
  void handle_cast(message) { log->add("cast"); }
  void handle_info(message) { log->add("info"); }
  void handle_disconnect(const wsx::disconnect&) { log->add("disconnect"); }
  void terminate(const wsx::close_reason&) { log->add("terminate"); }
};

// An action returned, with the session.
struct sync_action {
  notes* log;
  wsx::action note(std::string name, wsx::session& s) {
    log->add(name);
    CHECK(s.connection().status == 101);
    return wsx::ok();
  }
  wsx::action init(const wsx::connection_info&, wsx::session& s) { return note("init", s); }
  wsx::action handle_connect(const wsx::connection_info&, wsx::session& s) {
    return note("connect", s);
  }
  wsx::action handle_frame(wsx::text t, wsx::session& s) {
    return note("text " + std::string(t.payload), s);
  }
  wsx::action handle_frame(wsx::binary b, wsx::session& s) {
    return note("binary " + str(b.payload), s);
  }
  wsx::action handle_ping(wsx::ping p, wsx::session& s) {
    return note("ping " + str(p.payload), s);
  }
  wsx::action handle_pong(wsx::pong p, wsx::session& s) {
    return note("pong " + str(p.payload), s);
  }
  wsx::action handle_cast(message, wsx::session& s) { return note("cast", s); }
  wsx::action handle_info(message, wsx::session& s) { return note("info", s); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&, wsx::session&) {
    log->add("disconnect");
    return wsx::stop();
  }
  void terminate(const wsx::close_reason&, wsx::session&) { log->add("terminate"); }
};

// Coroutines without a value. Each looks at its argument behind a suspension.
struct async_void {
  notes* log;
  asio::awaitable<void> init(const wsx::connection_info& i) {
    co_await breathe();
    CHECK(i.status == 101);
    log->add("init");
  }
  asio::awaitable<void> handle_connect(const wsx::connection_info& i) {
    co_await breathe();
    CHECK(i.status == 101);
    log->add("connect");
  }
  asio::awaitable<void> handle_frame(wsx::text t) {
    co_await breathe();
    log->add("text " + std::string(t.payload));
  }
  asio::awaitable<void> handle_frame(wsx::binary b) {
    co_await breathe();
    log->add("binary " + str(b.payload));
  }
  asio::awaitable<void> handle_ping(wsx::ping p) {
    co_await breathe();
    log->add("ping " + str(p.payload));
  }
  asio::awaitable<void> handle_pong(wsx::pong p) {
    co_await breathe();
    log->add("pong " + str(p.payload));
  }
  asio::awaitable<void> handle_cast(message) {
    co_await breathe();
    log->add("cast");
  }
  asio::awaitable<void> handle_info(message) {
    co_await breathe();
    log->add("info");
  }
  asio::awaitable<void> handle_disconnect(const wsx::disconnect& d) {
    co_await breathe();
    CHECK(d.attempt == 1);
    log->add("disconnect");
  }
  asio::awaitable<void> terminate(const wsx::close_reason&) {
    co_await breathe();
    log->add("terminate");
  }
};

// Coroutines with an action, and with the session.
struct async_action {
  notes* log;
  asio::awaitable<wsx::action> note(std::string name) {
    co_await breathe();
    log->add(name);
    co_return wsx::ok();
  }
  asio::awaitable<wsx::action> init(const wsx::connection_info&, wsx::session&) {
    return note("init");
  }
  asio::awaitable<wsx::action> handle_connect(const wsx::connection_info&, wsx::session&) {
    return note("connect");
  }
  asio::awaitable<wsx::action> handle_frame(wsx::text t, wsx::session&) {
    return note("text " + std::string(t.payload));
  }
  asio::awaitable<wsx::action> handle_frame(wsx::binary b, wsx::session&) {
    return note("binary " + str(b.payload));
  }
  asio::awaitable<wsx::action> handle_ping(wsx::ping p, wsx::session&) {
    return note("ping " + str(p.payload));
  }
  asio::awaitable<wsx::action> handle_pong(wsx::pong p, wsx::session&) {
    return note("pong " + str(p.payload));
  }
  asio::awaitable<wsx::action> handle_cast(message, wsx::session&) { return note("cast"); }
  asio::awaitable<wsx::action> handle_info(message, wsx::session&) { return note("info"); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&,
                                                              wsx::session&) {
    co_await breathe();
    log->add("disconnect");
    co_return wsx::stop();
  }
  asio::awaitable<void> terminate(const wsx::close_reason&, wsx::session&) {
    co_await breathe();
    log->add("terminate");
  }
};

const lines everything{"init",     "connect", "info",   "cast",       "text t",
                       "binary b", "ping p",  "pong q", "disconnect", "terminate"};

// All that the server can send, and its end, as one read or as many.
template <class Handler>
lines call_all(std::size_t read_limit) {
  notes log;
  client_fixture<Handler> f({&log});
  f.client->post(message{1});
  f.client->cast(message{2});
  memory_peer peer = f.open();
  REQUIRE(f.run_until([&] { return log.seen.size() == 4; }));
  peer.limit_read(read_limit);
  peer.write(encode_server_frame(text_frame("t")) + encode_server_frame(binary_frame("b")) +
             encode_server_frame(ping_frame("p")) + encode_server_frame(pong_frame("q")));
  REQUIRE(f.run_until([&] { return log.seen.size() == 8; }));
  peer.write(close_frame(1000));
  peer.close();
  REQUIRE(f.run_until([&] { return f.ended.done(); }));
  CHECK(f.ended.ok());
  return log.seen;
}

}  // namespace

TEST_SUITE("behavior/callbacks/callbacks: each form") {
  TEST_CASE_TEMPLATE("each callback, in each form", Handler, sync_void, sync_action, async_void,
                     async_action) {
    CHECK(call_all<Handler>(memory_peer::unlimited) == everything);
    CHECK(call_all<Handler>(1) == everything);
  }
}

namespace {

// Throws in the callback it is told to, at once or behind a suspension.
template <bool Async>
struct thrower {
  using result = std::conditional_t<Async, asio::awaitable<void>, void>;

  std::string where;
  int* terminated;

  result at(std::string here) {
    if constexpr (Async) {
      return later(std::move(here));
    } else {
      if (here == where) throw std::runtime_error(here);
    }
  }
  asio::awaitable<void> later(std::string here) {
    co_await breathe();
    if (here == where) throw std::runtime_error(here);
  }

  result init(const wsx::connection_info&) { return at("init"); }
  result handle_connect(const wsx::connection_info&) { return at("handle_connect"); }
  result handle_frame(wsx::text) { return at("handle_frame"); }
  result handle_ping(wsx::ping) { return at("handle_ping"); }
  result handle_pong(wsx::pong) { return at("handle_pong"); }
  result handle_cast(int) { return at("handle_cast"); }
  result handle_info(int) { return at("handle_info"); }
  result handle_disconnect(const wsx::disconnect&) { return at("handle_disconnect"); }
  result terminate(const wsx::close_reason&) {
    ++*terminated;
    return at("terminate");
  }
};

template <class Handler>
void throw_everywhere() {
  for (const std::string where :
       {"init", "handle_connect", "handle_frame", "handle_ping", "handle_pong", "handle_cast",
        "handle_info", "handle_disconnect", "terminate"}) {
    CAPTURE(where);
    int terminated = 0;
    client_fixture<Handler> f({where, &terminated});
    memory_peer peer = f.dial();
    peer.accept();
    f.client->post(1);
    f.client->cast(1);
    peer.write(encode_server_frame(text_frame("t")) + encode_server_frame(ping_frame("p")) +
               encode_server_frame(pong_frame("q")));
    const bool at_end = where == "handle_disconnect" || where == "terminate";
    if (at_end) peer.write(close_frame(1000));
    std::optional<client_frame> close;
    REQUIRE(f.run_until([&] {
      if (!close) close = peer.take_frame();
      return close.has_value();
    }));
    CHECK(close->opcode == opcodes::close);
    if (!at_end) CHECK(close->payload == "\x03\xf3");  // 1011, and not what was thrown
    peer.close();
    REQUIRE(f.run_until([&] { return f.ended.done(); }));
    CHECK(f.ended.failed(wsx::errc::handler_failed));
    CHECK(terminated == 1);
    REQUIRE(f.ended.reason.exception);
    CHECK_THROWS_WITH_AS(std::rethrow_exception(f.ended.reason.exception), where.c_str(),
                         std::runtime_error);
    CHECK(f.connected.calls == 1);
    if (where == "init") CHECK(f.connected.error == wsx::errc::handler_failed);
    poll(f.io);
    CHECK(terminated == 1);
  }
}

}  // namespace

TEST_SUITE("behavior/callbacks/callbacks: exceptions") {
  TEST_CASE("thrown at once: Close 1011, the exception for join, terminate once") {
    throw_everywhere<thrower<false>>();
  }

  TEST_CASE("thrown after a suspension: Close 1011, the exception for join, terminate once") {
    throw_everywhere<thrower<true>>();
  }
}
