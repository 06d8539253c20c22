#include "support.hpp"

#include <wsx/testing/server_deflate.hpp>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <functional>

// A change in the middle of a message: for handlers of whole messages, and of fragments.

namespace {

using namespace code_change_test;

template <class Handler>
concept logs = requires(const Handler& h) {
  h.log;
};

struct whole {
  lines* log;
  template <logs Old>
  static whole code_change(const wsx::old_version&, const Old& old) {
    old.log->push_back("change");
    return {old.log};
  }
  void handle_frame(wsx::text t) { log->push_back("whole " + std::string(t.payload)); }
  void handle_ping(wsx::ping) { log->push_back("ping"); }
};

struct whole_v2 : whole {
  template <logs Old>
  static whole_v2 code_change(const wsx::old_version&, const Old& old) {
    return {whole::code_change({}, old)};
  }
};

struct pieces {
  lines* log;
  template <logs Old>
  static pieces code_change(const wsx::old_version&, const Old& old) {
    old.log->push_back("change");
    return {old.log};
  }
  void handle_fragment(wsx::fragment f) {
    log->push_back((f.first ? "first " : "next ") + std::string(wsx::as_chars(f.payload)) +
                   (f.last ? ", last" : ""));
  }
};

struct pieces_v2 : pieces {
  template <logs Old>
  static pieces_v2 code_change(const wsx::old_version&, const Old& old) {
    return {pieces::code_change({}, old)};
  }
};

// Each of its callbacks gives others a turn.
struct slow_pieces {
  lines* log;
  template <logs Old>
  static slow_pieces code_change(const wsx::old_version&, const Old& old) {
    old.log->push_back("change");
    return {old.log};
  }
  asio::awaitable<void> handle_fragment(wsx::fragment f) {
    log->push_back("slow " + std::string(wsx::as_chars(f.payload)));
    auto back = asio::post(asio::use_awaitable);
    co_await std::move(back);
  }
};

struct slow_whole {
  lines* log;
  template <logs Old>
  static slow_whole code_change(const wsx::old_version&, const Old& old) {
    old.log->push_back("change");
    return {old.log};
  }
  asio::awaitable<void> handle_frame(wsx::text t) {
    log->push_back("slow whole " + std::string(t.payload));
    auto back = asio::post(asio::use_awaitable);
    co_await std::move(back);
  }
};

server_frame first_part(std::string_view payload) {
  auto frame = text_frame(payload);
  frame.fin = false;
  return frame;
}

// Asks for a change from `Old` to `New` after the first part of a message; the rest comes together
// with another message.
template <class New, class Old>
lines change_within(wsx::options options = calm()) {
  lines log;
  any_client f(Old{&log}, options);
  memory_peer peer = f.open();
  for (int i = 0; i < 64; ++i) peer.write(text_frame("so that batches are large"));
  poll(f.io);
  log.clear();
  peer.write(first_part("a"));
  poll(f.io);
  outcome changed;
  ask<New, Old>(f, changed);
  poll(f.io);
  if (!changed.done()) log.push_back("waits");
  peer.write(continuation_frame("b", false));
  peer.write(continuation_frame("c", true));
  peer.write(text_frame("d"));
  peer.write(text_frame("e"));
  poll(f.io);
  CHECK(changed.ok());
  return log;
}

}  // namespace

TEST_SUITE("code_change/fragments") {
  TEST_CASE("whole messages: the change does not wait, and the message goes to the new handler") {
    CHECK(change_within<whole_v2, whole>() == lines{"change", "whole abc", "whole d", "whole e"});
  }

  TEST_CASE("fragments: the change waits for the end of the message, and for no other") {
    CHECK(change_within<pieces_v2, pieces>() == lines{"first a", "waits", "next b", "next c, last",
                                                      "change", "first d, last", "first e, last"});
  }

  TEST_CASE("from fragments to whole messages") {
    CHECK(change_within<whole, pieces>() ==
          lines{"first a", "waits", "next b", "next c, last", "change", "whole d", "whole e"});
  }

  TEST_CASE("from whole messages to fragments") {
    CHECK(change_within<pieces, whole>() ==
          lines{"waits", "whole abc", "change", "first d, last", "first e, last"});
  }

  TEST_CASE("to and from coroutines") {
    CHECK(change_within<slow_whole, pieces>() == lines{"first a", "waits", "next b", "next c, last",
                                                       "change", "slow whole d", "slow whole e"});
    CHECK(change_within<whole, slow_pieces>() ==
          lines{"slow a", "waits", "slow b", "slow c", "change", "whole d", "whole e"});
    CHECK(change_within<slow_pieces, slow_whole>() ==
          lines{"waits", "slow whole abc", "change", "slow d", "slow e"});
    CHECK(change_within<slow_whole, whole>() ==
          lines{"change", "slow whole abc", "slow whole d", "slow whole e"});
    CHECK(change_within<whole, slow_whole>() == lines{"change", "whole abc", "whole d", "whole e"});
  }

  TEST_CASE("between two messages there is nothing to wait for") {
    lines log;
    any_client f(pieces{&log});
    memory_peer peer = f.open();
    peer.write(first_part("a"));
    peer.write(continuation_frame("b", true));
    poll(f.io);
    CHECK(change<whole, pieces>(f) == errc{});
    send(f, peer, "c");
    CHECK(change<pieces, whole>(f) == errc{});
    send(f, peer, "d");
    CHECK(log == lines{"first a", "next b, last", "change", "whole c", "change", "first d, last"});
  }

  TEST_CASE("a header of which nothing has been delivered begins a message") {
    lines log;
    any_client f(pieces{&log});
    memory_peer peer = f.open();
    const std::string frame = encode_server_frame(text_frame("abc"));
    peer.write(frame.substr(0, 2));
    poll(f.io);
    outcome changed;
    ask<whole, pieces>(f, changed);
    poll(f.io);
    peer.write(frame.substr(2));
    poll(f.io);
    CHECK(changed.ok());
    send(f, peer, "d");
    CHECK(log.back() == "whole d");
    CHECK(log.size() == 3);
  }

  TEST_CASE("control frames within the message don't end it") {
    lines log;
    any_client f(pieces{&log});
    memory_peer peer = f.open();
    peer.write(first_part("a"));
    poll(f.io);
    outcome changed;
    ask<whole, pieces>(f, changed);
    peer.write(ping_frame("p"));
    poll(f.io);
    CHECK(!changed.done());
    peer.write(continuation_frame("b", true));
    peer.write(ping_frame("q"));
    poll(f.io);
    CHECK(changed.ok());
    CHECK(log == lines{"first a", "next b, last", "change", "ping"});
  }

  TEST_CASE("a second change waits behind the first") {
    lines log;
    any_client f(pieces{&log});
    memory_peer peer = f.open();
    peer.write(first_part("a"));
    poll(f.io);
    outcome first;
    outcome second;
    ask<pieces_v2, pieces>(f, first);
    ask<whole, pieces_v2>(f, second);
    poll(f.io);
    CHECK(!first.done());
    CHECK(!second.done());
    peer.write(continuation_frame("b", true));
    poll(f.io);
    CHECK(first.ok());
    CHECK(second.ok());
    send(f, peer, "c");
    CHECK(log == lines{"first a", "next b, last", "change", "change", "whole c"});
  }

  TEST_CASE("the connection ends within the message: then") {
    struct pieces_again : pieces {
      static pieces_again code_change(const wsx::old_version&, const pieces& old) {
        return {pieces::code_change({}, old)};
      }
      wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
        log->push_back("handle_disconnect");
        return wsx::stop();
      }
    };
    lines log;
    any_client f(pieces{&log});
    memory_peer peer = f.open();
    peer.write(first_part("a"));
    poll(f.io);
    outcome changed;
    ask<pieces_again>(f, changed);
    poll(f.io);
    CHECK(!changed.done());
    SUBCASE("without a Close frame") {
      peer.close();
    }
    SUBCASE("in order") {
      peer.write(close_frame(1000));
      poll(f.io);
      peer.close();
    }
    poll(f.io);
    CHECK(changed.ok());
    CHECK(log == lines{"first a", "change", "handle_disconnect"});
  }

  TEST_CASE("a change at the end of the connection destroys the client: no callback follows") {
    struct destroyer : pieces {
      std::function<void()>* destroy;
      static destroyer code_change(const wsx::old_version&, const destroyer& old) {
        old.log->push_back("change");
        (*old.destroy)();
        return old;
      }
      wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
        log->push_back("handle_disconnect");
        return wsx::stop();
      }
    };
    lines log;
    std::function<void()> destroy;
    any_client f(destroyer{{&log}, &destroy});
    destroy = [&] { f.client.reset(); };
    memory_peer peer = f.open();
    peer.write(first_part("a"));
    poll(f.io);
    outcome changed;
    ask<destroyer>(f, changed);
    poll(f.io);
    peer.close();
    poll(f.io);
    CHECK(changed.done());
    CHECK(f.ended.failed(errc::aborted));
    CHECK(log == lines{"first a", "change"});
  }

  TEST_CASE("the connection closes within the message: at once") {
    lines log;
    any_client f(pieces{&log});
    memory_peer peer = f.open();
    peer.write(first_part("a"));
    poll(f.io);
    f.client->close([](std::error_code) {});
    poll(f.io);
    CHECK(change<whole, pieces>(f) == errc{});
    CHECK(log == lines{"first a", "change"});
  }

  TEST_CASE("compressed messages, whose window goes on") {
    lines log;
    auto options = calm();
    options.deflate = wsx::deflate_options();
    any_client f(whole{&log}, options);
    memory_peer peer = f.dial();
    peer.accept({.headers = {{"Sec-WebSocket-Extensions", "permessage-deflate"}}});
    poll(f.io);
    server_deflater deflate;
    const auto send_compressed = [&](std::string_view text) {
      auto frame = text_frame(deflate.message(text));
      frame.rsv = rsv1;
      peer.write(frame);
      poll(f.io);
    };
    send_compressed("abcabcabc");
    CHECK(change<pieces, whole>(f) == errc{});
    send_compressed("abcabcabc");
    CHECK(change<whole, pieces>(f) == errc{});
    send_compressed("abcabcabc");
    CHECK(change<slow_pieces, whole>(f) == errc{});
    send_compressed("abcabcabc");
    CHECK(log == lines{"whole abcabcabc", "change", "first abcabcabc, last", "change",
                       "whole abcabcabc", "change", "slow abcabcabc"});
  }

  TEST_CASE("kinds of messages, and pings: what the new handler accepts") {
    struct only_binary {
      lines* log;
      static only_binary code_change(const wsx::old_version&, const whole& old) {
        return {old.log};
      }
      void handle_frame(wsx::binary) { log->push_back("binary"); }
    };
    lines log;
    any_client f(whole{&log});
    memory_peer peer = f.open();
    peer.write(ping_frame("p"));
    poll(f.io);
    CHECK(change<only_binary>(f) == errc{});
    peer.discard_written();
    peer.write(ping_frame("q"));
    peer.write(binary_frame("b"));
    poll(f.io);
    CHECK(log == lines{"ping", "binary"});
    CHECK(frames_of(peer) == lines{"pong \"q\""});
    send(f, peer, "text");
    CHECK(frames_of(peer).front().starts_with("close 1003"));
  }

  TEST_CASE("two connections, while one replaces the other: both end their message before") {
    lines log;
    const auto age = std::chrono::minutes(60);
    any_client f(whole{&log}, calm().set(&wsx::options::max_connection_age, age));
    memory_peer old = f.open();
    f.let_pass(age);
    memory_peer next = f.next_open();
    log.clear();
    old.write(first_part("old "));
    next.write(first_part("new "));
    poll(f.io);
    outcome changed;
    ask<pieces, whole>(f, changed);
    poll(f.io);
    CHECK(!changed.done());
    next.write(continuation_frame("message", true));
    next.write(first_part("another "));
    poll(f.io);
    CHECK(!changed.done());
    next.write(continuation_frame("message", true));
    poll(f.io);
    CHECK(!changed.done());
    old.write(continuation_frame("message", true));
    poll(f.io);
    CHECK(changed.ok());
    old.write(text_frame("a"));
    next.write(text_frame("b"));
    poll(f.io);
    CHECK(log == lines{"whole new message", "whole another message", "whole old message", "change",
                       "first a, last", "first b, last"});
  }
}
