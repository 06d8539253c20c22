#include "../support.hpp"

#include <algorithm>
#include <string>
#include <vector>

// Redirects of the opening handshake: dial_options::max_redirects.

namespace {

using namespace behavior_test;
using namespace std::chrono_literals;

wsx::options following(std::size_t most) {
  auto options = calm();
  options.dial.max_redirects = most;
  return options;
}

struct remembers {
  std::string url{};
  void handle_connect(const wsx::connection_info& info) { url = info.url; }
  void handle_frame(wsx::text) {}
};

struct fixture : client_fixture<remembers> {
  explicit fixture(wsx::options options = following(3))
      : client_fixture({}, options), other("other") {}

  memory_peer begin(const wsx::request& where) {
    client->connect(where, connected.token());
    poll(io);
    return next();
  }
  void redirect(memory_peer& peer, const std::string& location, int status = 302) {
    peer.write("HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
               "\r\nContent-Length: 5\r\n\r\nthere");
    poll(io);
  }

  memory_listener other;
};

wsx::testing::http_request request_of(memory_peer& peer) {
  const std::string written = peer.take_written();
  std::string_view left = written;
  return wsx::testing::parse_request(left).value();
}

std::string value_of(const wsx::testing::http_request& request, std::string_view name) {
  const auto* const value = wsx::find_header(request.headers, name);
  return value == nullptr ? "none" : *value;
}

}  // namespace

TEST_SUITE("behavior/connection/redirects") {
  TEST_CASE(
      "each of the five statuses leads to the other server, and the connection is open there") {
    for (const int status : {301, 302, 303, 307, 308}) {
      CAPTURE(status);
      fixture f;
      memory_peer peer = f.begin(f.server.url());
      f.redirect(peer, "http://other/there?a", status);
      CHECK(peer.client_closed());
      memory_peer second = f.other.next().value();
      CHECK(second.accept().target == "/there?a");
      poll(f.io);
      CHECK(f.connected.ok());
      CHECK(f.handler().url == "ws://other/there?a");
      CHECK(works(f, second));
    }
  }

  TEST_CASE("a relative one, and several in a row") {
    fixture f;
    memory_peer peer = f.begin("ws://server/a/b");
    f.redirect(peer, "c");
    peer = f.next();
    f.redirect(peer, "//other/d");
    peer = f.other.next().value();
    f.redirect(peer, "/e");
    peer = f.other.next().value();
    CHECK(peer.accept().target == "/e");
    poll(f.io);
    CHECK(f.connected.ok());
  }

  TEST_CASE("without the option, a redirect is a refusal") {
    fixture f(calm());
    memory_peer peer = f.begin(f.server.url());
    f.redirect(peer, "ws://other/");
    CHECK(f.connected.failed(wsx::errc::refused));
    CHECK(!f.other.next());
  }

  TEST_CASE("a loop ends") {
    fixture f(following(2));
    memory_peer peer = f.begin(f.server.url());
    for (int i = 0; i < 2; ++i) {
      f.redirect(peer, "ws://server/");
      peer = f.next();
    }
    f.redirect(peer, "ws://server/");
    CHECK(f.connected.failed(wsx::errc::too_many_redirects));
    CHECK(!f.server.next());
  }

  TEST_CASE("what is a secret of one server does not reach another") {
    fixture f;
    wsx::request where(f.server.url());
    where.header("Cookie", "a=b").secret_header("X-Key", "k").header("X-Other", "o");
    where.bearer_token("t");
    memory_peer peer = f.begin(where);
    f.redirect(peer, "/same");
    peer = f.next();
    const auto same = request_of(peer);
    CHECK(value_of(same, "Authorization") == "Bearer t");
    CHECK(value_of(same, "X-Key") == "k");
    f.redirect(peer, "ws://other/");
    peer = f.other.next().value();
    const auto other = request_of(peer);
    CHECK(other.headers.size() > 3);
    CHECK(value_of(other, "Host") == "other");
    CHECK(value_of(other, "Authorization") == "none");
    CHECK(value_of(other, "Cookie") == "none");
    CHECK(value_of(other, "X-Key") == "none");
    CHECK(value_of(other, "X-Other") == "o");
  }

  TEST_CASE("a redirect that leads nowhere fails the attempt") {
    fixture f;
    memory_peer peer = f.begin(f.server.url());
    f.redirect(peer, "ftp://other/");
    CHECK(f.connected.failed(wsx::errc::bad_redirect));
  }

  TEST_CASE("a fragment of the request's own URL is refused") {
    fixture f;
    f.client->connect("ws://server/x#y", f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::invalid_url));
  }

  TEST_CASE("or dropped, with the option") {
    auto options = following(1);
    options.dial.drop_fragment = true;
    fixture f(options);
    memory_peer peer = f.begin("ws://server/x#y");
    CHECK(peer.accept().target == "/x");
    poll(f.io);
    CHECK(f.handler().url == "ws://server/x");
  }

  TEST_CASE("a reconnect begins with the request's URL") {
    wsx::reconnect_options how;
    how.delay.initial = 0ms;
    fixture f(following(1).set(&wsx::options::reconnect, how));
    memory_peer peer = f.begin(f.server.url());
    f.redirect(peer, "ws://other/");
    peer = f.other.next().value();
    peer.accept();
    poll(f.io);
    peer.close();
    poll(f.io);
    peer = f.next();
    f.redirect(peer, "ws://other/");
    f.other.next().value().accept();
    poll(f.io);
    CHECK(f.client->is_open());
  }

  TEST_CASE("another origin that handle_disconnect names gets its own request only") {
    struct leaves {
      wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
        return wsx::reconnect_to("ws://other/");
      }
      void handle_frame(wsx::text) {}
    };
    memory_listener other{"other"};
    client_fixture<leaves> f;
    wsx::request where("ws://me:secret@server/");
    where.secret_header("X-Key", "k");
    f.client->connect(where, f.connected.token());
    poll(f.io);
    memory_peer peer = f.next_open();
    peer.close();
    poll(f.io);
    const auto request = other.next().value().accept();
    CHECK(value_of(request, "Authorization") == "none");
    CHECK(value_of(request, "X-Key") == "none");
  }

  TEST_CASE("all redirects together have the time of one attempt") {
    auto options = following(32);
    options.connect_timeout = 10s;
    options.handshake_timeout = 10s;
    fixture f(options);
    memory_peer peer = f.begin(f.server.url());
    for (int i = 0; i < 3; ++i) {
      f.let_pass(6s);
      f.redirect(peer, "/");
      peer = f.next();
    }
    f.let_pass(2s - 1ms);
    CHECK(!f.connected.done());
    f.let_pass(1ms);
    CHECK(f.connected.failed(wsx::errc::handshake_timeout));
    CHECK(run_out(f.io));
  }

  TEST_CASE("closed while the second server is silent") {
    fixture f;
    memory_peer peer = f.begin(f.server.url());
    f.redirect(peer, "ws://other/");
    peer = f.other.next().value();
    f.client->abort();
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::aborted));
    CHECK(peer.client_closed());
    CHECK(run_out(f.io));
  }
}
