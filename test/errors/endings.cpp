#include "report.hpp"

#include <stdexcept>
#include <string>
#include <utility>

// How an open connection, and its client, may end.

namespace errors_test {

namespace {

using namespace loopback_test;
using namespace wsx::testing;

ending ended_by(const script& rest, recorder handler = {}, wsx::options options = calm()) {
  scripted_server server{[&](server_connection& client) {
    client.accept();
    rest(client);
  }};
  test_client<> client{std::move(handler), options};
  client.open(server);
  return client.join();
}

void by_the_server(report& to) {
  to.section("The server ends the connection");
  const auto closes = [](std::uint16_t code, const std::string& reason = "") {
    return [=](server_connection& client) {
      client.send_close(code, reason);
      client.read_frame();
    };
  };
  to.add("Close 1000", ended_by(closes(1000)));
  to.add("Close 1001", ended_by(closes(1001)));
  to.add("Close 1008 with a reason", ended_by(closes(1008, "no\x1b[31m \"access\"\r\n")));
  to.add("Close 4321, which has no name", ended_by(closes(4321, "see docs")));
  to.add("without Close", ended_by([](server_connection& client) { client.shutdown_send(); }));
  to.add("with a reset", ended_by([](server_connection& client) { client.reset(); }));
  auto watchful = calm();
  watchful.ping_interval = watchful.ping_timeout = std::chrono::milliseconds(30);
  to.add("by silence",
         ended_by([](server_connection& client) { client.wait_eof(); }, {}, watchful));
}

// A server that answers pings, and sends no message.
void by_sending_nothing(report& to) {
  auto options = calm();
  options.data_timeout = std::chrono::milliseconds(30);
  to.add("by sending nothing",
         ended_by([](server_connection& client) { client.wait_eof(); }, {}, options));
}

// A server that sends, and reads nothing of what is replied.
void by_not_reading(report& to) {
  recorder echo;
  echo.on_text = [](std::string_view payload) { return wsx::reply(payload); };
  auto options = calm();
  options.max_reply_bytes = 1024 * 1024;
  options.ping_timeout = std::chrono::milliseconds(30);
  const auto floods = [](server_connection& client) {
    try {
      while (true) client.send_text(std::string(16 * 1024, 'x'));
    } catch (const std::exception&) {  // the client has ended the connection
    }
  };
  to.add("by not reading", ended_by(floods, std::move(echo), options));
}

void by_this_side(report& to) {
  to.section("This side ends the connection");
  const auto waits = [](server_connection& client) {
    client.read_frame();
    client.send_close(1000);
  };
  scripted_server server{[&](server_connection& client) {
    client.accept();
    waits(client);
  }};
  test_client<> abnormal;
  abnormal.open(server);
  to.add("close(4000), and its close",
         thrown_by(abnormal, abnormal->close(wsx::close_code{4000}, "done")));
  to.add("close(4000), and its join", abnormal.join());

  scripted_server deaf{[](server_connection& client) {
    client.accept();
    client.wait_eof();
  }};
  auto options = calm();
  options.close_timeout = std::chrono::milliseconds(30);
  test_client<> timed_out{{}, options};
  timed_out.open(deaf);
  to.add("close() of a server that does not answer, and its close",
         thrown_by(timed_out, timed_out->close()));
  to.add("close() of a server that does not answer, and its join", timed_out.join());

  test_client<> aborted;
  aborted.open(deaf);
  aborted->abort();
  to.add("abort()", aborted.join());
}

void by_a_callback(report& to) {
  to.section("A callback throws");
  const auto thrown = [](auto what) {
    recorder handler;
    handler.on_text = [what](std::string_view) -> wsx::action { throw what; };
    return ended_by(
        [](server_connection& client) {
          client.send_text("x");
          client.expect_close(1011);
        },
        handler);
  };
  to.add("std::runtime_error", thrown(std::runtime_error("[parse_error.101] at line 1\nsecond")));
  to.add("an int", thrown(1));
}

}  // namespace

void endings(report& to) {
  by_the_server(to);
  by_sending_nothing(to);
  by_not_reading(to);
  by_this_side(to);
  by_a_callback(to);
}

}  // namespace errors_test
