#include "../support.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

// Messages of either kind: what takes them, what sends them, and what strings are.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

std::string described(wsx::message m) {
  return (m.is_text() ? "text " : "binary ") + std::string(m.text());
}

struct both_kinds {
  lines* seen;
  wsx::action handle_frame(wsx::message m) {
    seen->push_back(described(m));
    return wsx::reply(m);
  }
};

struct with_session {
  lines* seen;
  void handle_frame(const wsx::message& m, wsx::session& s) {
    seen->push_back(described(m));
    CHECK(!s.send(m));
    CHECK(!s.send("a string"));
    CHECK(!s.send(m.owned()));
  }
};

struct text_wins {
  lines* seen;
  void handle_frame(wsx::text t) { seen->push_back("as text " + std::string(t.payload)); }
  void handle_frame(wsx::message m) { seen->push_back(described(m)); }
};

struct binary_wins {
  lines* seen;
  asio::awaitable<void> handle_frame(const wsx::message& m) {
    seen->push_back(described(m));
    co_return;
  }
  asio::awaitable<void> handle_frame(const wsx::binary& b) {
    seen->push_back("as binary " + std::string(wsx::as_chars(b.payload)));
    co_return;
  }
};

asio::awaitable<void> breathe() {
  asio::steady_timer soon(co_await asio::this_coro::executor, std::chrono::nanoseconds(1));
  co_await soon.async_wait(asio::use_awaitable);
}

struct coroutine {
  lines* seen;
  asio::awaitable<wsx::action> handle_frame(wsx::message m) {
    co_await breathe();
    seen->push_back(described(m));
    co_return wsx::reply(m);
  }
};

struct coroutine_by_reference {
  lines* seen;
  asio::awaitable<wsx::action> handle_frame(const wsx::message& m) const {
    co_await breathe();
    seen->push_back(described(m));
    co_return wsx::reply(m);
  }
};

struct coroutine_by_rvalue {
  lines* seen;
  asio::awaitable<wsx::action> handle_frame(wsx::message&& m, wsx::session&) {
    co_await breathe();
    seen->push_back(described(m));
    co_return wsx::reply(m);
  }
};

// A handler gets a message of each kind: what it says it saw, and the server gets.
template <class Handler>
std::pair<lines, lines> exchange() {
  lines seen;
  client_fixture<Handler> f(Handler{&seen});
  memory_peer peer = f.open();
  peer.discard_written();
  peer.write(text_frame("a"));
  peer.write(binary_frame("b"));
  CHECK(f.run_until([&] { return seen.size() == 2; }));
  poll(f.io);
  return {seen, frames_of(peer)};
}

const lines both{"text a", "binary b"};
const lines echo{"text \"a\"", "binary \"b\""};

asio::awaitable<void> send_all(memory_client<quiet>* client, bool* sent) {
  co_await client->send("literal");
  co_await client->send(std::string("a string that is too long for its own room"));
  co_await client->send(std::string_view("view"));
  co_await client->send(wsx::message(wsx::binary("bin")).owned());
  *sent = true;
}

}  // namespace

TEST_SUITE("behavior/callbacks/message") {
  TEST_CASE("handle_frame(message) gets both kinds") {
    const auto [seen, answers] = exchange<both_kinds>();
    CHECK(seen == both);
    CHECK(answers == echo);
  }

  TEST_CASE("with a session, and by reference") {
    const auto [seen, answers] = exchange<with_session>();
    CHECK(seen == both);
    CHECK(answers == lines{"text \"a\"", "text \"a string\"", "text \"a\"", "binary \"b\"",
                           "text \"a string\"", "binary \"b\""});
  }

  TEST_CASE("overloads of text or binary are called rather") {
    CHECK(exchange<text_wins>().first == lines{"as text a", "binary b"});
    CHECK(exchange<binary_wins>().first == lines{"text a", "as binary b"});
  }

  TEST_CASE("coroutines: the message is there until they are through") {
    for (const auto& [seen, answers] : {exchange<coroutine>(), exchange<coroutine_by_reference>(),
                                        exchange<coroutine_by_rvalue>()}) {
      CHECK(seen == both);
      CHECK(answers == echo);
    }
  }

  TEST_CASE("send, try_send: messages, and strings as text") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.discard_written();
    CHECK(f.client->try_send("try"));
    CHECK(f.client->try_send(wsx::message(wsx::binary("bin"))));
    CHECK(f.client->try_send(wsx::uncompressed("as it is")));
    std::error_code error;
    CHECK(!f.client->try_send("\xff", error));
    CHECK(error == wsx::errc::invalid_text);
    outcome sent;
    f.client->send(std::string("callback"), sent.token());
    bool all = false;
    asio::co_spawn(f.io, send_all(&*f.client, &all), asio::detached);
    poll(f.io);
    CHECK(sent.ok());
    CHECK(all);
    CHECK(frames_of(peer) == lines{"text \"try\"", "binary \"bin\"", "text \"as it is\"",
                                   "text \"callback\"", "text \"literal\"",
                                   "text \"a string that is too long for its own room\"",
                                   "text \"view\"", "binary \"bin\""});
  }
}
