#include "../support.hpp"

#include <functional>
#include <stdexcept>

// `close`, `join`, `handle_disconnect` and `terminate` agree on how it ended, and say so in plain
// words.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// What was told, by whom.
struct record {
  lines told{};
  wsx::disconnect_decision decision = wsx::stop();
  bool throws = false;
  bool closes = false;
};

struct teller {
  record* to;

  wsx::action handle_frame(wsx::text t) {
    if (t.payload == "throw") throw std::runtime_error("line 1\r\nline 2\x1b[31m");
    if (t.payload == "close") return wsx::close();
    if (t.payload == "close 4000") return wsx::close(wsx::close_code{4000}, "enough");
    return wsx::ok();
  }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    const auto& message = d.reason.diagnostics.message;
    to->told.push_back((d.local() ? "local: " : "not local: ") + message);
    if (to->throws) throw std::runtime_error("undecided");
    return to->decision;
  }
  void terminate(const wsx::close_reason& reason) {
    to->told.push_back("terminate: " + reason.diagnostics.message);
  }
};

struct fixture : record, client_fixture<teller> {
  explicit fixture(wsx::options options = calm()) : client_fixture({this}, std::move(options)) {}

  // The client closes, and the server answers.
  void close(std::optional<wsx::close_code> code = {}) {
    if (code) {
      client->close(*code, "bye", closed.token());
    } else {
      client->close(closed.token());
    }
    poll(io);
  }

  outcome closed;
};

void answer_close(fixture& f, memory_peer& peer, std::uint16_t code) {
  peer.write(close_frame(code));
  peer.close();
  poll(f.io);
}

}  // namespace

TEST_SUITE("behavior/lifetime/close_reason") {
  TEST_CASE("closed by close(): nobody is told of an error") {
    fixture f;
    memory_peer peer = f.open();
    f.close();
    answer_close(f, peer, 1000);
    CHECK(f.closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.told == lines{"local: ", "terminate: "});
  }

  TEST_CASE("closed with another code than 1000: close is through, join tells the code") {
    fixture f;
    memory_peer peer = f.open();
    f.close(wsx::close_code{4000});
    answer_close(f, peer, 4000);
    CHECK(f.closed.ok());
    CHECK(f.ended.failed(wsx::errc::closed_abnormally));
    CHECK(f.ended.reason.diagnostics.message ==
          "the connection to server:80 was closed by this side: 4000: \"bye\"");
  }

  TEST_CASE("a server that does not answer: both say so") {
    fixture f(impatient());
    f.open();
    f.close();
    CHECK(f.run_until([&] { return f.closed.done() && f.ended.done(); }));
    CHECK(f.closed.failed(wsx::errc::close_timeout));
    CHECK(f.ended.failed(wsx::errc::close_timeout));
    CHECK(f.ended.reason.origin == wsx::close_origin::local);
    CHECK(f.ended.reason.diagnostics.message ==
          "the connection to server:80 was closed by this side, and the server did not end it "
          "within 0.002 s (close_timeout)");
  }

  TEST_CASE("close while the connection fails: both tell the failure") {
    fixture f;
    memory_peer peer = f.open();
    peer.write(text_frame("throw"));
    poll(f.io);
    f.close();
    answer_close(f, peer, 1011);
    CHECK(f.closed.failed(wsx::errc::handler_failed));
    CHECK(f.ended.failed(wsx::errc::handler_failed));
    const std::string message =
        "the connection to server:80 failed: a callback of the handler threw: line 1\\r\\nline "
        "2\\x1b[31m";
    CHECK(f.ended.reason.diagnostics.message == message);
    CHECK(f.told == lines{"terminate: " + message});
  }

  TEST_CASE("a handle_disconnect that throws: both tell that") {
    fixture f;
    f.throws = true;
    memory_peer peer = f.open();
    f.close();
    answer_close(f, peer, 1000);
    CHECK(f.closed.failed(wsx::errc::handler_failed));
    CHECK(f.ended.failed(wsx::errc::handler_failed));
    CHECK(f.ended.reason.diagnostics.message ==
          "the connection to server:80 failed: a callback of the handler threw: undecided");
  }

  TEST_CASE("a callback that closes: handle_disconnect decides, and may reconnect") {
    fixture f;
    f.decision = wsx::reconnect();
    memory_peer peer = f.open();
    peer.write(text_frame("close"));
    poll(f.io);
    answer_close(f, peer, 1000);
    CHECK(f.told == lines{"local: "});
    memory_peer again = f.server.next().value();
    again.accept();
    poll(f.io);
    f.decision = wsx::stop();
    again.write(text_frame("close 4000"));
    poll(f.io);
    answer_close(f, again, 4000);
    const std::string message =
        "the connection to server:80 was closed by this side: 4000: \"enough\"";
    CHECK(f.told == lines{"local: ", "local: " + message, "terminate: " + message});
    CHECK(f.ended.failed(wsx::errc::closed_abnormally));
  }

  TEST_CASE("close() forbids what the handler decides") {
    fixture f;
    f.decision = wsx::reconnect();
    memory_peer peer = f.open();
    f.close();
    answer_close(f, peer, 1000);
    CHECK(f.closed.ok());
    CHECK(f.ended.ok());
    CHECK(!f.server.next());
  }

  TEST_CASE("before connect close does nothing, and connect works") {
    fixture f;
    f.close();
    CHECK(f.closed.ok());
    memory_peer peer = f.open();
    CHECK(f.connected.ok());
    CHECK(works(f, peer));
  }

  TEST_CASE("close again, and after the end, completes") {
    fixture f;
    memory_peer peer = f.open();
    f.close();
    answer_close(f, peer, 1000);
    outcome again;
    f.client->close(wsx::close_code{4000}, "again", again.token());
    poll(f.io);
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
      memory_peer peer = f.open();
      peer.write(frame);
      peer.close();
      poll(f.io);
      CHECK(f.ended.reason.diagnostics.message == "the connection to server:80 " + message);
    }
  }

  TEST_CASE("a connection that breaks: what the system said") {
    fixture f;
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    CHECK(f.ended.reason.diagnostics.message ==
          "the connection to server:80 ended without a Close frame");
    CHECK(f.ended.reason.text.empty());
    CHECK(f.ended.reason.diagnostics.stage == wsx::connect_stage::open);
  }

  TEST_CASE("a failed attempt: handle_disconnect has the diagnostics") {
    fixture f;
    f.decision = wsx::reconnect();
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    f.told.clear();
    f.decision = wsx::stop();
    memory_peer again = f.server.next().value();
    again.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    poll(f.io);
    const std::string message = "cannot connect to server:80: HTTP 401 Unauthorized";
    CHECK(f.told == lines{"not local: " + message, "terminate: " + message});
    CHECK(f.ended.error == wsx::errc::refused);
    CHECK(f.ended.reason.diagnostics.http_status == 401);
  }

  TEST_CASE(
      "a handle_disconnect that throws after a failed attempt: the text says nothing of the "
      "attempt") {
    fixture f;
    f.decision = wsx::reconnect();
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    f.throws = true;
    memory_peer again = f.server.next().value();
    again.write("HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Basic\r\n\r\n");
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::handler_failed));
    CHECK(f.ended.reason.diagnostics.message ==
          "the client failed: a callback of the handler threw: undecided");
    CHECK(f.ended.reason.diagnostics.detail.empty());
  }

  TEST_CASE("closed while it connects: a normal end, of which only connect says more") {
    fixture f;
    outcome connected;
    wsx::diagnostics details;
    f.client->join(f.ended.join_token());
    f.client->connect(f.server.url(), details, connected.token());
    poll(f.io);
    f.close();
    CHECK(f.closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.ended.reason.diagnostics.message.empty());
    CHECK(connected.failed(wsx::errc::aborted));
    CHECK(details.message ==
          "cannot connect to server:80: the client was closed or aborted meanwhile");
  }

  TEST_CASE("aborted while it pauses: terminate is told as well") {
    fixture f;
    f.decision = wsx::reconnect_after(std::chrono::hours(1));
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    f.told.clear();
    f.client->abort();
    poll(f.io);
    REQUIRE(f.told.size() == 1);
    CHECK(f.told[0].ends_with("was aborted by this side"));
    CHECK(f.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("a closing handshake that is complete when the deadline is noticed was not cut off") {
    auto options = calm();
    options.close_timeout = std::chrono::minutes(30);
    fixture f(options);
    memory_peer peer = f.open();
    f.close();
    // The answer is there in time. The thread finds it and the deadline at once.
    peer.write(close_frame(1000));
    peer.close();
    f.be_late(std::chrono::minutes(31));
    CHECK(f.closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.ended.reason.clean);
  }

  TEST_CASE("diagnostics that are used again hold nothing of before") {
    fixture f;
    wsx::diagnostics details;
    outcome first, second;
    f.client->connect("nonsense", details, first.token());
    poll(f.io);
    CHECK(!details.message.empty());
    f.client->connect(f.server.url(), details, second.token());
    poll(f.io);
    f.server.next().value().accept();
    poll(f.io);
    CHECK(second.ok());
    CHECK(details.message.empty());
    CHECK(details.detail.empty());
  }

  TEST_CASE("the client is used wrong: the operation is named") {
    fixture f;
    f.open();
    outcome again;
    wsx::diagnostics details;
    f.client->connect("ws://me:secret@server/?token=secret", details, again.token());
    poll(f.io);
    CHECK(again.failed(wsx::errc::already_started));
    CHECK(details.message ==
          "cannot connect to \"ws://server/?token=***\": the client runs or has ended: make "
          "another one");
  }
}
