#include "../support.hpp"

#include <wsx/cookie_jar.hpp>

#include <memory>
#include <string>

// Cookies that servers set in the opening handshake: dial_options::cookies.

namespace {

using namespace behavior_test;
using namespace std::chrono_literals;

wsx::options with_jar(std::shared_ptr<wsx::cookie_jar> jar = std::make_shared<wsx::cookie_jar>()) {
  wsx::reconnect_options how;
  how.delay.initial = 0ms;
  auto options = calm().set(&wsx::options::reconnect, how);
  options.dial.cookies = std::move(jar);
  options.dial.max_redirects = 3;
  return options;
}

std::string cookies_of(const wsx::testing::http_request& request) {
  std::string all;
  for (const auto& field : request.headers) {
    if (field.name == "Cookie") all += "[" + field.value + "]";
  }
  return all;
}

wsx::testing::accept_options setting(std::string cookie) {
  wsx::testing::accept_options how;
  how.headers.emplace_back("Set-Cookie", std::move(cookie));
  how.headers.emplace_back("set-cookie", "second=2");
  return how;
}

std::string response(std::string_view status, std::string_view fields) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n" + std::string(fields) +
         "\r\n";
}

}  // namespace

TEST_SUITE("behavior/connection/cookies") {
  TEST_CASE("those of a response are sent when the client reconnects") {
    client_fixture<quiet> f({}, with_jar());
    memory_peer peer = f.dial();
    CHECK(cookies_of(peer.accept(setting("a=1"))) == "");
    poll(f.io);
    peer.close();
    poll(f.io);
    CHECK(cookies_of(f.next().accept()) == "[a=1; second=2]");
  }

  TEST_CASE("without a jar, none") {
    auto options = with_jar();
    options.dial.cookies.reset();
    client_fixture<quiet> f({}, options);
    memory_peer peer = f.dial();
    peer.accept(setting("a=1"));
    poll(f.io);
    peer.close();
    poll(f.io);
    CHECK(cookies_of(f.next().accept()) == "");
  }

  TEST_CASE("a redirect or a refusal sets them, too, and they go to their own host only") {
    client_fixture<quiet> f({}, with_jar());
    memory_listener other{"other"};
    memory_peer peer = f.dial();
    peer.write(response("503 Busy", "Set-Cookie: a=1\r\n"));
    poll(f.io);
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    peer = f.next();
    peer.write(response("302 Found", "Set-Cookie: b=1\r\nLocation: ws://other/\r\n"));
    poll(f.io);
    peer = other.next().value();
    CHECK(peer.take_written().find("Cookie") == std::string::npos);
    peer.write(response("302 Found", "Set-Cookie: c=1\r\nLocation: ws://server/x\r\n"));
    poll(f.io);
    CHECK(cookies_of(f.next().accept()) == "[a=1; b=1]");
  }

  TEST_CASE("they follow those of the request, in the one field that is allowed") {
    auto jar = std::make_shared<wsx::cookie_jar>();
    client_fixture<quiet> f({}, with_jar(jar));
    wsx::url here;
    REQUIRE(!wsx::parse_url(f.server.url(), here));
    CHECK(jar->set(here, "a=1"));
    f.client->connect(wsx::request(f.server.url()).header("Cookie", "mine=1"), f.connected.token());
    poll(f.io);
    CHECK(cookies_of(f.next().accept()) == "[mine=1; a=1]");
  }

  TEST_CASE("clients share a jar") {
    auto jar = std::make_shared<wsx::cookie_jar>();
    client_fixture<quiet> f({}, with_jar(jar));
    f.dial().accept(setting("a=1"));
    poll(f.io);
    client_fixture<quiet> g({}, with_jar(jar), "server2");
    g.client->connect(f.server.url(), g.connected.token());
    poll(g.io);
    CHECK(cookies_of(f.next().accept()) == "[a=1; second=2]");
  }
}
