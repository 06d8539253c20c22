#pragma once

#include "../support.hpp"

#include <algorithm>
#include <deque>
#include <functional>

// Whole exchanges with a server that follows a script, and every way to cut them that the transport
// has: byte by byte, and with a failure at each byte.
namespace behavior_test {

using wsx::testing::client_frame;

// What the handler of an exchange was told; its member `log` points to this.
struct record {
  struct disconnected {
    std::size_t attempt;
    wsx::close_reason reason;
  };

  lines seen;
  lines queued;  // frames that were taken to be sent
  std::vector<disconnected> disconnects;
  int terminated = 0;
};

// What a server does with a connection: the greeting comes in one piece with the response to the
// opening handshake, then it answers each frame. Copied for each connection, with what it
// remembers.
struct script {
  std::string greeting{};
  std::function<void(memory_peer&, const client_frame&)> answer{};
};

// A client's handler, and a script for each connection; the last one is for all that follow.
template <class Handler>
struct scenario {
  Handler handler{};
  std::vector<script> server{};
  wsx::options options = calm();
  std::function<void(memory_client<Handler>&)> begin{};  // before it connects
};

// One connection, as its server sees it.
class scripted_peer {
 public:
  scripted_peer(memory_peer peer, script plays) : peer_(peer), script_(std::move(plays)) {}

  // Answers what has come, as often as it is asked.
  void serve() {
    unread_ += peer_.take_written();
    std::string_view left = unread_;
    if (!accepted_) accept(left);
    if (accepted_) {
      while (const auto frame = wsx::testing::decode_client_frame(left)) {
        seen_.push_back(describe(*frame));
        closed_ = frame->opcode == wsx::testing::opcodes::close;
        script_.answer(peer_, *frame);
      }
    }
    unread_.erase(0, unread_.size() - left.size());
    if (!closed_) before_close_ = peer_.bytes_written();
  }

  const lines& seen() const { return seen_; }       // the client's frames
  bool closed() const { return closed_; }           // the last of them was Close
  std::size_t request() const { return request_; }  // the size of the opening handshake
  std::size_t response() const { return response_; }
  std::size_t before_close() const { return before_close_; }  // written before the Close frame
  std::size_t read() const { return peer_.bytes_read(); }
  std::size_t written() const { return peer_.bytes_written(); }
  bool client_closed() const { return peer_.client_closed(); }

 private:
  void accept(std::string_view& left) {
    const auto request = wsx::testing::parse_request(left);
    if (!request) return;
    wsx::testing::check_upgrade_request(*request);
    const auto response = wsx::testing::make_accept_response(*request);
    peer_.write(response + script_.greeting);
    request_ = unread_.size() - left.size();
    response_ = response.size();
    accepted_ = true;
  }

  memory_peer peer_;
  script script_;
  std::string unread_;
  lines seen_;
  bool accepted_ = false;
  bool closed_ = false;
  std::size_t request_ = 0;
  std::size_t response_ = 0;
  std::size_t before_close_ = 0;
};

// Called for each connection of an exchange, with its number, before anything is written.
using prepare = std::function<void(memory_peer&, std::size_t connection)>;

// A scenario from its beginning to its end.
template <class Handler>
struct exchange {
  explicit exchange(const scenario<Handler>& plan, const prepare& cut = {}) {
    client_fixture<Handler> f(plan.handler, plan.options);
    f.handler().log = &log;
    f.server.on_accept([&](memory_peer& peer) {
      const auto number = peers.size();
      peers.emplace_back(peer, plan.server[std::min(number, plan.server.size() - 1)]);
      if (cut) cut(peer, number);
    });
    if (plan.begin) plan.begin(*f.client);
    f.client->connect(f.server.url(), f.connected.token());
    f.client->join(f.ended.join_token());
    over = f.run_until([&] {
      for (auto& peer : peers) peer.serve();
      return f.ended.done() || (f.connected.done() && f.connected.error);
    });
    // A client that never connected waits to be told what now: it goes.
    f.client.reset();
    over = over && run_out(f.io);
    connected = std::move(f.connected);
    ended = std::move(f.ended);
  }

  const wsx::close_reason& reason() const { return ended.reason; }

  record log;
  std::deque<scripted_peer> peers;
  outcome connected;
  outcome ended;
  bool over = false;
};

// Each operation has completed, once.
template <class Handler>
void check_over(const exchange<Handler>& e) {
  REQUIRE(e.over);
  REQUIRE(e.connected.calls == 1);
  REQUIRE(e.ended.calls == 1);
  REQUIRE(e.log.terminated == (e.connected.error ? 0 : 1));
  for (const auto& peer : e.peers) REQUIRE(peer.client_closed());
}

inline bool begins(const lines& all, const lines& with) {
  return with.size() <= all.size() && std::equal(with.begin(), with.end(), all.begin());
}

inline lines sorted(lines all) {
  std::sort(all.begin(), all.end());
  return all;
}

// A connection that ends or is reset was the server's doing; any other failure is what it is.
inline bool is_drop(std::error_code error) {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe;
}

// How a connection ended that failed with `error` before anybody closed.
inline void check_broken(const wsx::close_reason& reason, std::error_code error) {
  using wsx::close_origin;
  REQUIRE(reason.origin == (is_drop(error) ? close_origin::remote : close_origin::error));
  REQUIRE(reason.error ==
          (is_drop(error) ? make_error_code(wsx::errc::connection_dropped) : error));
  REQUIRE(!reason.received);
  REQUIRE(!reason.sent);
  REQUIRE(!reason.exception);
  REQUIRE(!reason.clean);
}

// How it ended if the closing had begun: as it would have without the failure, but not cleanly.
inline void check_unclean(const wsx::close_reason& reason, const wsx::close_reason& whole) {
  REQUIRE(reason.origin == whole.origin);
  REQUIRE(reason.error == whole.error);
  REQUIRE(reason.text == whole.text);
  REQUIRE((reason.exception != nullptr) == (whole.exception != nullptr));
  REQUIRE(!reason.clean);
}

// What an opening handshake that failed with `error` completes with.
inline std::error_code refused_with(std::error_code error) {
  return is_drop(error) ? make_error_code(wsx::errc::handshake_dropped) : error;
}

// How an exchange of one connection ended that was cut: in which state, and by what.
enum class stage { opening, open, closing };

template <class Handler>
void check_cut(const exchange<Handler>& e, const exchange<Handler>& whole, stage when,
               std::error_code error) {
  check_over(e);
  REQUIRE(begins(whole.log.seen, e.log.seen));
  REQUIRE(begins(whole.peers[0].seen(), e.peers[0].seen()));
  if (when == stage::opening) {
    REQUIRE(e.connected.error == refused_with(error));
    REQUIRE(e.ended.error == wsx::errc::aborted);  // by the test
    REQUIRE(e.log.seen.empty());
    return;
  }
  REQUIRE(e.connected.ok());
  if (when == stage::open) {
    check_broken(e.reason(), error);
    REQUIRE(e.ended.error == e.reason().error);
  } else {
    check_unclean(e.reason(), whole.reason());
    REQUIRE(e.ended.error == whole.ended.error);
  }
}

// Whatever is cut into pieces, the outcome is the same.
template <class Handler>
void check_pieces(const scenario<Handler>& plan) {
  const exchange whole(plan);
  check_over(whole);
  for (const std::size_t reads : {std::size_t{1}, memory_peer::unlimited}) {
    for (const std::size_t writes : {std::size_t{1}, std::size_t{2}, memory_peer::unlimited}) {
      CAPTURE(reads);
      CAPTURE(writes);
      const exchange e(plan, [&](memory_peer& peer, std::size_t) {
        peer.limit_read(reads);
        peer.limit_write(writes);
      });
      check_over(e);
      CHECK(e.log.seen == whole.log.seen);
      CHECK(sorted(e.peers[0].seen()) == sorted(whole.peers[0].seen()));
      CHECK(e.ended.error == whole.ended.error);
      CHECK(e.reason().origin == whole.reason().origin);
      CHECK(e.reason().text == whole.reason().text);
      CHECK(e.reason().received == whole.reason().received);
      CHECK(e.reason().sent == whole.reason().sent);
      CHECK(e.reason().clean == whole.reason().clean);
    }
  }
}

// Reads fail at each byte from `begin` on; once the client has begun to close, the server sees it.
template <class Handler>
void check_reads(const scenario<Handler>& plan, std::size_t begin) {
  const exchange whole(plan);
  const std::size_t end = whole.peers[0].read();
  for (const std::error_code error :
       {make_error_code(asio::error::connection_reset), make_error_code(asio::error::eof),
        make_error_code(std::errc::io_error)}) {
    for (std::size_t at = begin; at < end; ++at) {
      CAPTURE(at);
      CAPTURE(error.message());
      const exchange e(plan,
                       [&](memory_peer& peer, std::size_t) { peer.fail_reads_at(at, error); });
      REQUIRE(e.peers.size() == 1);
      REQUIRE(e.peers[0].read() == at);
      const auto opened = at < whole.peers[0].response() ? stage::opening : stage::open;
      check_cut(e, whole, e.peers[0].closed() ? stage::closing : opened, error);
    }
  }
}

// Writes fail at each byte from `begin` on: up to the Close frame, the last that a client writes,
// nobody has begun to close.
template <class Handler>
void check_writes(scenario<Handler> plan, std::size_t begin) {
  const exchange whole(plan);
  const auto& peer = whole.peers[0];
  REQUIRE(peer.closed());
  plan.options.close_timeout = impatient().close_timeout;
  for (const std::error_code error :
       {make_error_code(asio::error::broken_pipe), make_error_code(std::errc::io_error)}) {
    for (std::size_t at = begin; at < peer.written(); ++at) {
      CAPTURE(at);
      CAPTURE(error.message());
      const exchange e(plan, [&](memory_peer& p, std::size_t) { p.fail_writes_at(at, error); });
      REQUIRE(e.peers.size() == 1);
      REQUIRE(e.peers[0].written() == at);
      const auto opened = at < peer.request() ? stage::opening : stage::open;
      check_cut(e, whole, at < peer.before_close() ? opened : stage::closing, error);
    }
  }
}

// Everything that may happen to an exchange of one connection once it is open: the opening
// handshake is the same for all.
template <class Handler>
void check_all(const scenario<Handler>& plan) {
  const exchange whole(plan);
  check_pieces(plan);
  check_reads(plan, whole.peers[0].response());
  check_writes(plan, whole.peers[0].request());
}

}  // namespace behavior_test
