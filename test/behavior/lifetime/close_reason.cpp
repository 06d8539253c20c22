#include "../../client/clock.hpp"
#include "../support.hpp"

#include <functional>
#include <stdexcept>

// `close`, `join`, `handle_disconnect` and `terminate` tell one story of how it ended, and it reads
// well.

namespace {

using namespace client_test;
using namespace wsx::testing;

// What was told, by whom.
struct story {
  std::vector<std::string> lines;
  wsx::disconnect_decision decision = wsx::stop();
  bool throws = false;
  bool closes = false;
};

struct teller {
  story* told;

  wsx::action handle_frame(wsx::text t) {
    if (t.payload == "throw") throw std::runtime_error("line 1\r\nline 2\x1b[31m");
    if (t.payload == "close") return wsx::close();
    if (t.payload == "close 4000") return wsx::close(wsx::close_code{4000}, "enough");
    return wsx::ok();
  }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    const auto& message = d.reason.diagnostics.message;
    told->lines.push_back((d.local() ? "local: " : "not local: ") + message);
    if (told->throws) throw std::runtime_error("undecided");
    return told->decision;
  }
  void terminate(const wsx::close_reason& reason) {
    told->lines.push_back("terminate: " + reason.diagnostics.message);
  }
};

struct fixture {
  explicit fixture(wsx::options options = calm()) : w({&told}, std::move(options)) {}

  // The client closes, and the server answers.
  void close(std::optional<wsx::close_code> code = {}) {
    if (code) {
      w.client->close(*code, "bye", closed.token());
    } else {
      w.client->close(closed.token());
    }
    poll(w.io);
  }

  story told;
  outcome closed;
  world<teller> w;
};

void answer_close(fixture& f, memory_peer& peer, std::uint16_t code) {
  peer.write(close_frame(code));
  peer.close();
  poll(f.w.io);
}

}  // namespace

TEST_SUITE("client: how it ended") {
  TEST_CASE("closed by close(): nobody is told of an error") {
    fixture f;
    memory_peer peer = f.w.open();
    f.close();
    answer_close(f, peer, 1000);
    CHECK(f.closed.ok());
    CHECK(f.w.ended.ok());
    CHECK(f.told.lines == lines{"local: ", "terminate: "});
  }

  TEST_CASE("closed with another code than 1000: close is through, join tells the code") {
    fixture f;
    memory_peer peer = f.w.open();
    f.close(wsx::close_code{4000});
    answer_close(f, peer, 4000);
    CHECK(f.closed.ok());
    CHECK(f.w.ended.failed(wsx::errc::closed_abnormally));
    CHECK(f.w.ended.reason.diagnostics.message ==
          "the connection to server:80 was closed by this side: 4000: \"bye\"");
  }

  TEST_CASE("a server that does not answer: both say so") {
    fixture f(impatient());
    f.w.open();
    f.close();
    CHECK(run_until(f.w.io, [&] { return f.closed.done() && f.w.ended.done(); }));
    CHECK(f.closed.failed(wsx::errc::close_timeout));
    CHECK(f.w.ended.failed(wsx::errc::close_timeout));
    CHECK(f.w.ended.reason.origin == wsx::close_origin::local);
    CHECK(f.w.ended.reason.diagnostics.message ==
          "the connection to server:80 was closed by this side, and the server did not end it "
          "within 0.002 s (close_timeout)");
  }

  TEST_CASE("close while the connection fails: both tell the failure") {
    fixture f;
    memory_peer peer = f.w.open();
    peer.write(text_frame("throw"));
    poll(f.w.io);
    f.close();
    answer_close(f, peer, 1011);
    CHECK(f.closed.failed(wsx::errc::handler_failed));
    CHECK(f.w.ended.failed(wsx::errc::handler_failed));
    const std::string message =
        "the connection to server:80 failed: a callback of the handler threw: line 1\\r\\nline "
        "2\\x1b[31m";
    CHECK(f.w.ended.reason.diagnostics.message == message);
    CHECK(f.told.lines == lines{"terminate: " + message});
  }

  TEST_CASE("a handle_disconnect that throws: both tell that") {
    fixture f;
    f.told.throws = true;
    memory_peer peer = f.w.open();
    f.close();
    answer_close(f, peer, 1000);
    CHECK(f.closed.failed(wsx::errc::handler_failed));
    CHECK(f.w.ended.failed(wsx::errc::handler_failed));
    CHECK(f.w.ended.reason.diagnostics.message ==
          "the connection to server:80 failed: a callback of the handler threw: undecided");
  }

  TEST_CASE("a callback that closes: handle_disconnect decides, and may reconnect") {
    fixture f;
    f.told.decision = wsx::reconnect();
    memory_peer peer = f.w.open();
    peer.write(text_frame("close"));
    poll(f.w.io);
    answer_close(f, peer, 1000);
    CHECK(f.told.lines == lines{"local: "});
    memory_peer again = f.w.server.next().value();
    again.accept();
    poll(f.w.io);
    f.told.decision = wsx::stop();
    again.write(text_frame("close 4000"));
    poll(f.w.io);
    answer_close(f, again, 4000);
    const std::string message =
        "the connection to server:80 was closed by this side: 4000: \"enough\"";
    CHECK(f.told.lines == lines{"local: ", "local: " + message, "terminate: " + message});
    CHECK(f.w.ended.failed(wsx::errc::closed_abnormally));
  }

  TEST_CASE("close() forbids what the handler decides") {
    fixture f;
    f.told.decision = wsx::reconnect();
    memory_peer peer = f.w.open();
    f.close();
    answer_close(f, peer, 1000);
    CHECK(f.closed.ok());
    CHECK(f.w.ended.ok());
    CHECK(!f.w.server.next());
  }

  TEST_CASE("before connect close does nothing, and connect works") {
    fixture f;
    f.close();
    CHECK(f.closed.ok());
    memory_peer peer = f.w.open();
    CHECK(f.w.connected.ok());
    CHECK(works(f.w, peer));
  }

  TEST_CASE("close again, and after the end, completes") {
    fixture f;
    memory_peer peer = f.w.open();
    f.close();
    answer_close(f, peer, 1000);
    outcome again;
    f.w.client->close(wsx::close_code{4000}, "again", again.token());
    poll(f.w.io);
    CHECK(again.ok());
  }

  TEST_CASE("closed by the server: with a code, without, with a reason that is no plain text") {
    const std::vector<std::pair<server_frame, std::string>> cases{
        {close_frame(1008, "no \"such\" user\n"),
         "was closed by the server: 1008 (policy violation): \"no \\\"such\\\" user\\n\""},
        {close_frame(4999, ""), "was closed by the server: 4999"},
    };
    for (const auto& [frame, message] : cases) {
      fixture f;
      memory_peer peer = f.w.open();
      peer.write(frame);
      peer.close();
      poll(f.w.io);
      CHECK(f.w.ended.reason.diagnostics.message == "the connection to server:80 " + message);
    }
  }

  TEST_CASE("a connection that breaks: what the system said") {
    fixture f;
    memory_peer peer = f.w.open();
    peer.close();
    poll(f.w.io);
    CHECK(f.w.ended.reason.diagnostics.message ==
          "the connection to server:80 ended without a Close frame");
    CHECK(f.w.ended.reason.text.empty());
    CHECK(f.w.ended.reason.diagnostics.stage == wsx::connect_stage::open);
  }

  TEST_CASE("a failed attempt: handle_disconnect has the diagnostics") {
    fixture f;
    f.told.decision = wsx::reconnect();
    memory_peer peer = f.w.open();
    peer.close();
    poll(f.w.io);
    f.told.lines.clear();
    f.told.decision = wsx::stop();
    memory_peer again = f.w.server.next().value();
    again.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    poll(f.w.io);
    const std::string message = "cannot connect to server:80: HTTP 401 Unauthorized";
    CHECK(f.told.lines == lines{"not local: " + message, "terminate: " + message});
    CHECK(f.w.ended.error == wsx::errc::refused);
    CHECK(f.w.ended.reason.diagnostics.http_status == 401);
  }

  TEST_CASE("a handle_disconnect that throws after a failed attempt: nothing of that is glued on") {
    fixture f;
    f.told.decision = wsx::reconnect();
    memory_peer peer = f.w.open();
    peer.close();
    poll(f.w.io);
    f.told.throws = true;
    memory_peer again = f.w.server.next().value();
    again.write("HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Basic\r\n\r\n");
    poll(f.w.io);
    CHECK(f.w.ended.failed(wsx::errc::handler_failed));
    CHECK(f.w.ended.reason.diagnostics.message ==
          "the client failed: a callback of the handler threw: undecided");
    CHECK(f.w.ended.reason.diagnostics.detail.empty());
  }

  TEST_CASE("closed while it connects: a normal end, of which only connect says more") {
    fixture f;
    outcome connected;
    wsx::diagnostics details;
    f.w.client->join(f.w.ended.join_token());
    f.w.client->connect(f.w.server.url(), details, connected.token());
    poll(f.w.io);
    f.close();
    CHECK(f.closed.ok());
    CHECK(f.w.ended.ok());
    CHECK(f.w.ended.reason.diagnostics.message.empty());
    CHECK(connected.failed(wsx::errc::aborted));
    CHECK(details.message ==
          "cannot connect to server:80: the client was closed or aborted meanwhile");
  }

  TEST_CASE("aborted while it pauses: terminate is told, too") {
    fixture f;
    f.told.decision = wsx::reconnect_after(std::chrono::hours(1));
    memory_peer peer = f.w.open();
    peer.close();
    poll(f.w.io);
    f.told.lines.clear();
    f.w.client->abort();
    poll(f.w.io);
    REQUIRE(f.told.lines.size() == 1);
    CHECK(f.told.lines[0].ends_with("was aborted by this side"));
    CHECK(f.w.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("a closing handshake that is complete when the deadline is noticed was not cut off") {
    auto options = calm();
    options.close_timeout = std::chrono::minutes(30);
    fixture f(options);
    memory_peer peer = f.w.open();
    f.close();
    // The answer is there in time. The thread finds it and the deadline at once.
    peer.write(close_frame(1000));
    peer.close();
    be_late(f.w.io, std::chrono::minutes(31));
    CHECK(f.closed.ok());
    CHECK(f.w.ended.ok());
    CHECK(f.w.ended.reason.clean);
  }

  TEST_CASE("diagnostics that are used again hold nothing of before") {
    fixture f;
    wsx::diagnostics details;
    outcome first, second;
    f.w.client->connect("nonsense", details, first.token());
    poll(f.w.io);
    CHECK(!details.message.empty());
    f.w.client->connect(f.w.server.url(), details, second.token());
    poll(f.w.io);
    f.w.server.next().value().accept();
    poll(f.w.io);
    CHECK(second.ok());
    CHECK(details.message.empty());
    CHECK(details.detail.empty());
  }

  TEST_CASE("the client is used wrong: the operation is named") {
    fixture f;
    f.w.open();
    outcome again;
    wsx::diagnostics details;
    f.w.client->connect("ws://me:secret@server/?token=secret", details, again.token());
    poll(f.w.io);
    CHECK(again.failed(wsx::errc::already_started));
    CHECK(details.message ==
          "cannot connect to \"ws://server/?token=***\": the client runs or has ended: make "
          "another one");
  }
}
