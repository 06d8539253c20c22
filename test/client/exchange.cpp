#include "support.hpp"

#include <asio/error.hpp>

#include <algorithm>
#include <functional>
#include <stdexcept>

// Whole exchanges, step by step, with every way to cut them that the transport has: byte by byte,
// and with a failure at each byte.

namespace {

using namespace client_test;
using namespace wsx::testing;

// Who ends the exchange, and how.
enum class ending { by_client, by_server, violation, callback_throws };

struct transcript {
  lines seen;
  int terminated = 0;
};

struct talker {
  transcript* log;
  ending how;

  wsx::action handle_connect(const wsx::connection_info&) {
    log->seen.push_back("connect");
    return wsx::reply(wsx::text{"hello"});
  }
  wsx::action handle_frame(wsx::text message) {
    log->seen.push_back("text " + std::string(message.payload));
    return wsx::reply(wsx::binary{"bytes"});
  }
  wsx::action handle_frame(wsx::binary message) {
    log->seen.push_back("binary " + std::string(wsx::as_chars(message.payload)));
    if (how == ending::callback_throws) throw std::runtime_error("no more");
    if (how == ending::by_client) return wsx::close(wsx::close_code::normal, "bye");
    return wsx::reply(wsx::text{"end it"});
  }
  void handle_pong(wsx::pong p) {
    log->seen.push_back("pong " + std::string(wsx::as_chars(p.payload)));
  }
  void terminate(const wsx::close_reason&) { ++log->terminated; }
};

// A server that answers what has come, as often as it is asked.
class answering_server {
 public:
  explicit answering_server(ending how) : how_(how) {}

  void serve(memory_peer& peer) {
    unread_ += peer.take_written();
    std::string_view left = unread_;
    if (!accepted_) accept(peer, left);
    if (accepted_) {
      while (const auto frame = decode_client_frame(left)) answer(peer, *frame);
    }
    unread_.erase(0, unread_.size() - left.size());
  }

  const lines& seen() const { return seen_; }

 private:
  void accept(memory_peer& peer, std::string_view& left) {
    const auto request = parse_request(left);
    if (!request) return;
    check_upgrade_request(*request);
    // The first frame comes in one piece with the response.
    peer.write(make_accept_response(*request) + encode_server_frame(ping_frame("p")));
    accepted_ = true;
  }

  void answer(memory_peer& peer, const client_frame& frame) {
    seen_.push_back(describe(frame));
    if (frame.opcode == opcodes::text && frame.payload == "hello") {
      peer.write({.opcode = opcodes::text, .payload = "wel", .fin = false});
      peer.write(pong_frame("unasked"));
      peer.write(continuation_frame("come", true));
    } else if (frame.opcode == opcodes::text) {
      if (how_ == ending::violation) peer.write({.opcode = 3});
      if (how_ == ending::by_server) peer.write(close_frame(1000, "enough"));
    } else if (frame.opcode == opcodes::binary) {
      peer.write(binary_frame("more"));
    } else if (frame.opcode == opcodes::close) {
      if (how_ != ending::by_server) peer.write(close_frame(1000));
      peer.close();
    }
  }

  ending how_;
  bool accepted_ = false;
  std::string unread_;
  lines seen_;
};

using prepare = std::function<void(memory_peer&)>;

// One exchange from its beginning to its end.
struct exchange {
  exchange(ending how, prepare cut, wsx::options options = calm())
      : w({&log, how}, std::move(options)), server(how) {
    w.server.on_accept(std::move(cut));
    w.client->connect(w.server.url(), w.connected.token());
    w.client->join(w.ended.join_token());
    std::optional<memory_peer> peer;
    for (std::size_t quiet = 0; quiet < 2;) {
      const bool busy = step(peer);
      quiet = busy ? 0 : quiet + 1;
    }
    bytes_read = peer->bytes_read();
    bytes_written = peer->bytes_written();
    if (w.connected.error) {
      // A client that never connected waits to be told what now: it goes.
      w.client.reset();
    }
    over = run_until(w.io, [this] { return w.ended.done(); });
    closed = peer->client_closed();
  }

  bool step(std::optional<memory_peer>& peer) {
    poll(w.io);
    if (!peer) peer = w.server.next();
    const auto before = peer->bytes_written();
    const auto read = peer->bytes_read();
    server.serve(*peer);
    poll(w.io);
    return peer->bytes_written() != before || peer->bytes_read() != read;
  }

  transcript log;
  world<talker> w;
  answering_server server;
  std::size_t bytes_read = 0;
  std::size_t bytes_written = 0;
  bool over = false;
  bool closed = false;
};

// What the client and the server see if nothing goes wrong.
void check_whole(ending how, const exchange& e) {
  lines client{"connect", "pong unasked", "text welcome", "binary more"};
  lines server{"pong \"p\"", "text \"hello\"", "binary \"bytes\""};
  if (how != ending::by_client && how != ending::callback_throws)
    server.push_back("text \"end it\"");
  CHECK(e.w.connected.ok());
  CHECK(e.over);
  CHECK(e.closed);
  CHECK(e.log.terminated == 1);
  CHECK(e.w.ended.calls == 1);
  CHECK(e.log.seen == client);
  REQUIRE(e.server.seen().size() == server.size() + 1);
  auto frames = e.server.seen();
  frames.pop_back();
  std::sort(frames.begin(), frames.end());
  std::sort(server.begin(), server.end());
  CHECK(frames == server);
  // After a violation the rest of the stream means nothing: no Close is looked for in it.
  CHECK(e.w.ended.reason.clean == (how != ending::violation));
}

// The exchange ended somehow: everybody was told, once.
void check_ended(const exchange& e) {
  REQUIRE(e.w.connected.calls == 1);
  REQUIRE(e.over);
  REQUIRE(e.closed);
  REQUIRE(e.w.ended.calls == 1);
  REQUIRE(e.log.terminated == (e.w.connected.error ? 0 : 1));
}

// How many bytes go each way if nothing goes wrong.
struct sizes {
  std::size_t read;
  std::size_t written;
};

sizes sizes_of(ending how) {
  const exchange whole(how, {});
  return {whole.bytes_read, whole.bytes_written};
}

const std::vector<ending> endings{ending::by_client, ending::by_server, ending::violation,
                                  ending::callback_throws};

}  // namespace

TEST_SUITE("client: exchanges over memory") {
  TEST_CASE("an exchange in whole pieces") {
    for (const auto how : endings) {
      CAPTURE(static_cast<int>(how));
      const exchange e(how, {});
      check_whole(how, e);
      const auto& reason = e.w.ended.reason;
      switch (how) {
        case ending::by_client:
          CHECK(!e.w.ended.error);
          CHECK(reason.origin == wsx::close_origin::local);
          CHECK(reason.text == "bye");
          CHECK(e.server.seen().back() == "close 1000 \"bye\"");
          break;
        case ending::by_server:
          CHECK(!e.w.ended.error);
          CHECK(reason.origin == wsx::close_origin::remote);
          CHECK(reason.text == "enough");
          CHECK(e.server.seen().back() == "close 1000 \"\"");
          break;
        case ending::violation:
          CHECK(e.w.ended.error == wsx::errc::reserved_opcode);
          CHECK(reason.sent == wsx::close_code::protocol_error);
          break;
        case ending::callback_throws:
          CHECK(e.w.ended.error == wsx::errc::handler_failed);
          CHECK(reason.sent == wsx::close_code::internal_error);
          REQUIRE(reason.exception);
          CHECK_THROWS_WITH_AS(std::rethrow_exception(reason.exception), "no more",
                               std::runtime_error);
          break;
      }
    }
  }

  TEST_CASE("an exchange byte by byte") {
    for (const auto how : endings) {
      for (const std::size_t reads : {std::size_t{1}, memory_peer::unlimited}) {
        CAPTURE(static_cast<int>(how));
        CAPTURE(reads);
        check_whole(how, exchange(how, [reads](memory_peer& peer) {
                      peer.limit_read(reads);
                      peer.limit_write(reads == 1 ? 2 : 1);
                    }));
      }
      check_whole(how, exchange(how, [](memory_peer& peer) {
                    peer.limit_read(1);
                    peer.limit_write(1);
                  }));
    }
  }

  TEST_CASE("a read that fails at each byte") {
    for (const auto how : endings) {
      const auto whole = sizes_of(how);
      for (const std::error_code error :
           {make_error_code(asio::error::connection_reset), make_error_code(asio::error::eof),
            make_error_code(std::errc::io_error)}) {
        for (std::size_t at = 0; at <= whole.read; ++at) {
          CAPTURE(static_cast<int>(how));
          CAPTURE(at);
          CAPTURE(error.message());
          const exchange e(how, [&](memory_peer& peer) { peer.fail_reads_at(at, error); });
          check_ended(e);
          REQUIRE(e.bytes_read == at);
        }
      }
    }
  }

  TEST_CASE("a write that fails at each byte") {
    for (const auto how : endings) {
      const auto whole = sizes_of(how);
      for (std::size_t at = 0; at < whole.written; ++at) {
        CAPTURE(static_cast<int>(how));
        CAPTURE(at);
        const exchange e(
            how, [&](memory_peer& peer) { peer.fail_writes_at(at, asio::error::broken_pipe); },
            impatient());
        check_ended(e);
        REQUIRE(e.bytes_written == at);
      }
    }
  }

  TEST_CASE("a read and a write that fail together") {
    const auto whole = sizes_of(ending::by_client);
    for (std::size_t at = 0; at < whole.read; at += 3) {
      for (std::size_t writes = 0; writes < whole.written; writes += 7) {
        CAPTURE(at);
        CAPTURE(writes);
        const exchange e(
            ending::by_client,
            [&](memory_peer& peer) {
              peer.fail_reads_at(at, asio::error::connection_reset);
              peer.fail_writes_at(writes, asio::error::broken_pipe);
            },
            impatient());
        check_ended(e);
      }
    }
  }
}
