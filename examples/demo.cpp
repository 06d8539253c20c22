// A tour of wsx in one exchange: text, binary, ping, casts, a message from a timer, and a
// reconnect after the server has dropped the connection.
//
//     demo        talks to an echo server that it runs itself
//     demo URL    talks to any echo server; nothing is dropped then

#include <wsx/testing/echo_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

// What the exchange waits for; each answer leads to the next step.
enum class step { text, binary, pong, timer, timed_text, drop, last_text, done };

// What the application casts to the client, and what the client's timer brings.
struct shout {
  std::string words;
};
struct tick {};

struct tour {
  bool forced_drop = false;
  wsx::backoff delay{{.initial = 100ms}};
  step now = step::text;

  wsx::action handle_connect(const wsx::connection_info& info) {
    fmt::print("connected to {} at {} (HTTP {}, attempt {})\n", info.url, info.peer_endpoint,
               info.status, info.attempt);
    if (now != step::drop) return wsx::ok();
    now = step::last_text;
    return say("back again");
  }

  wsx::action handle_frame(wsx::text message) {
    fmt::print("  <- text \"{}\"\n", message.payload);
    switch (now) {
      case step::text: return send_binary();
      case step::timed_text: return forced_drop ? ask_for_drop() : finish();
      case step::last_text: return finish();
      default: return wsx::ok();  // the cast's echo
    }
  }

  wsx::action handle_frame(wsx::binary message) {
    fmt::print("  <- binary of {} bytes\n", message.payload.size());
    if (now != step::binary) return wsx::ok();
    now = step::pong;
    fmt::print("  -> ping \"are you there\"\n");
    return wsx::reply(wsx::ping("are you there"));
  }

  void handle_pong(wsx::pong pong, wsx::session& session) {
    fmt::print("  <- pong \"{}\"\n", wsx::as_chars(pong.payload));
    if (now != step::pong) return;
    now = step::timer;
    fmt::print("  .. a timer is set for 100 ms\n");
    session.post_after(*this, 100ms, tick{});
  }

  wsx::action handle_cast(const shout& message) {
    fmt::print("  .. a cast came from the application\n");
    return say(message.words);
  }

  wsx::action handle_info(tick) {
    now = step::timed_text;
    fmt::print("  .. the timer fired\n");
    return say("sent by a timer");
  }

  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    fmt::print("disconnected: {}\n",
               d.reason.normal() ? "both sides closed in order" : d.reason.text);
    if (d.reason.origin == wsx::close_origin::local) return wsx::stop();
    const auto wait = delay(d);
    fmt::print("  .. reconnecting in {} ms\n", wait.count());
    return wsx::reconnect_after(wait);
  }

  void terminate(const wsx::close_reason& reason) {
    fmt::print("terminated ({})\n", reason.clean ? "clean" : "not clean");
  }

 private:
  static wsx::action say(std::string_view words) {
    fmt::print("  -> text \"{}\"\n", words);
    return wsx::reply(wsx::text{words});
  }

  wsx::action send_binary() {
    now = step::binary;
    const std::vector<std::byte> bytes(100'000);
    fmt::print("  -> binary of {} bytes\n", bytes.size());
    return wsx::reply(wsx::binary(bytes));
  }

  wsx::action ask_for_drop() {
    now = step::drop;
    return say("please drop me");
  }

  wsx::action finish() {
    now = step::done;
    fmt::print("  -> close 1000\n");
    return wsx::close(wsx::close_code::normal, "the tour is over");
  }
};

asio::awaitable<void> run_tour(std::string url, bool forced_drop) {
  const auto executor = co_await asio::this_coro::executor;
  wsx::client<tour> client(executor, tour{.forced_drop = forced_drop});
  co_await client.connect(url);

  fmt::print("  -> text \"a text message\"\n");
  co_await client.send(wsx::text{"a text message"});
  client.cast(shout{"words from a cast"});
  co_await client.join();  // until the handler closes

  const auto stats = client.stats();
  fmt::print("{} messages received, {} frames sent, {} connections\n", stats.messages_received,
             stats.frames_sent, stats.connects);
}

int run(const std::string& url, bool forced_drop) {
  asio::io_context io(1);
  std::exception_ptr failure;
  asio::co_spawn(io, run_tour(url, forced_drop),
                 [&failure](std::exception_ptr what) { failure = what; });
  io.run_for(60s);
  if (!io.stopped()) {
    fmt::print(stderr, "demo: the server did not answer within a minute\n");
    return 1;
  }
  if (failure) std::rethrow_exception(failure);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc > 1) return run(argv[1], false);
    // The fifth message, "please drop me", is not echoed: TCP just ends, without a Close frame.
    wsx::testing::scripted_server server{wsx::testing::echo_script({.drop_after = 4})};
    fmt::print("an echo server listens at {}\n", server.url());
    return run(server.url(), true);
  } catch (const wsx::system_error& error) {
    fmt::print(stderr, "demo: {} {}\n", error.what(), error.diagnostics().http_body);
  } catch (const std::exception& error) {
    fmt::print(stderr, "demo: {}\n", error.what());
  }
  return 1;
}
